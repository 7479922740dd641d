// Records of seal and trip events to rows.
#pragma once

#include <utility>
#include <vector>

#include "operators/record_decoder.h"
#include "operators/seal_domain.h"

namespace vigia {

class alignas(128) SealDecoder : public RecordDecoder {
 public:
  explicit SealDecoder(const SealDomain& domain) : RecordDecoder(domain.sigma(), domain.site()), domain_(domain) {}

  // Calls emit(row) for each good event. `row` comes with the record's index and clock; the rest is overwritten.
  template <class Emit>
  void decode(const InputRecord& record, Row<SealPayload>& row, Emit&& emit, std::vector<RejectedRecord>& rejected,
              Account& account) {
    const auto& source = domain_.sources()[record.topic.value];
    const auto filled = [&](const auto& event, bool copy) {
      fill(event, copy, row);
      emit(std::as_const(row));
    };
    if (source.stream == StreamId::seal)
      RecordDecoder::decode<schema::SealEvent>(record, source, row, filled, rejected, account);
    else
      RecordDecoder::decode<schema::TripEvent>(record, source, row, filled, rejected, account);
  }

 private:
  void fill(const schema::SealEvent& event, bool copy, Row<SealPayload>& row);
  void fill(const schema::TripEvent& event, bool copy, Row<SealPayload>& row);
  void count_unlisted(const schema::TripEvent& event);

  const SealDomain& domain_;
  flatbuffers::FlatBufferBuilder trip_builder_;
};

}  // namespace vigia
