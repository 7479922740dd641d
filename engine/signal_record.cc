#include "engine/signal_record.h"

#include <fmt/format.h>
#include <xxhash.h>

namespace vigia {

std::string key_of_group(std::string_view rule_id, const std::vector<std::string>& values) {
  std::string key = fmt::format("{}:{}", rule_id.size(), rule_id);
  for (const auto& value : values) key += fmt::format(",{}:{}", value.size(), value);
  return key;
}

std::string record_key(const Signal& signal) {
  const auto key = key_of_group(signal.rule_id, signal.group);
  return fmt::format("{:016x}", XXH3_64bits(key.data(), key.size()));
}

std::string record_value(const Signal& signal) {
  flatbuffers::FlatBufferBuilder builder(256);
  schema::FinishSignalBuffer(builder, schema::Signal::Pack(builder, &signal));
  return {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()};
}

}  // namespace vigia
