// What an adapter makes of a record, for tests.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "connectors/record_batch.h"
#include "operators/record_adapter.h"

namespace vigia::test {

// The JSON; "" when the record tells of no event; "error: ..." when it can't be read. A value without data is a tombstone.
inline std::string adapted(RecordAdapter adapt, std::string_view value, std::string_view key = {},
                           std::initializer_list<RecordHeader> headers = {}) {
  const RecordHeaders list{headers.begin(), headers.size()};
  InputRecord record;
  record.key = key;
  record.value = value;
  record.is_tombstone = value.data() == nullptr;
  record.headers = headers.size() > 0 ? &list : nullptr;
  std::string json;
  const std::string error = adapt(record, json);
  return error.empty() ? json : "error: " + error;
}

}  // namespace vigia::test
