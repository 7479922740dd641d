#include "operators/record_decoder.h"

#include <cstring>
#include <utility>

namespace vigia {

std::string_view RecordDecoder::keep(std::string_view bytes) {
  auto* kept = static_cast<char*>(arena_.allocate(bytes.size() + 1, 8));
  std::memcpy(kept, bytes.data(), bytes.size());
  return {kept, bytes.size()};
}

void RecordDecoder::refuse(const InputRecord& record, std::string reason, std::vector<RejectedRecord>& rejected,
                           Account& account) {
  ++account.unreadable;
  ++account.dead_letter;
  rejected.push_back({RejectKind::dead_letter, &record, -1, std::move(reason)});
}

void RecordDecoder::refuse_event(const InputRecord& record, std::int32_t index, std::string reason,
                                 std::vector<RejectedRecord>& rejected, Account& account) {
  ++account.decoded;
  ++account.dead_letter;
  rejected.push_back({RejectKind::dead_letter, &record, index, std::move(reason)});
}

}  // namespace vigia
