// Records of seal and trip events to rows: verified, checked, hashed. What can't be read becomes a dead letter with a reason.
#pragma once

#include <memory>
#include <memory_resource>
#include <string_view>
#include <vector>

#include "operators/seal_domain.h"
#include "schemas/json_reader.h"
#include "schemas/verify.h"

namespace vigia {

// One thread at a time. What its rows point at lives until the next begin().
class alignas(128) SealDecoder {
 public:
  explicit SealDecoder(const SealDomain& domain) : domain_(domain), builder_(4096) {}

  void begin() { arena_.release(); }

  // Calls emit(row) for each good event. `row` comes with the record's index and clock; the rest is overwritten.
  template <class Emit>
  void decode(const InputRecord& record, Row<SealPayload>& row, Emit&& emit, std::vector<RejectedRecord>& rejected,
              Account& account) {
    const auto& source = domain_.sources()[record.topic.value];
    row.head.broker_ms = record.broker_ms;
    row.head.evidence = {record.topic, record.partition, record.offset};
    row.head.clock_fault = false;
    const KeyPlacement* placement = source.placement.get();
    if (placement != nullptr && !record.key.empty() && !placement->fits(record.key, record.partition))
      return refuse(record, "key " + placement->problem(record.key, record.partition), rejected, account);
    const auto read = [&](const auto& events, const json::ReadResult* json) {
      using Event = std::remove_cvref_t<decltype(events[0])>;
      if (!events.error().empty()) return refuse(record, std::string(events.error()), rejected, account);
      for (std::size_t i = 0; i < events.size(); ++i) {
        const Event& event = events[i];
        row.event_index = events.is_batch() ? static_cast<std::int32_t>(json ? json->index_of(i) : i) : -1;
        account.unknown_enum_values += json ? 0 : schema::unknown_enum_values(event);
        auto reason = json ? std::string() : schema::check(event);
        // A seal whose key the record does not have may belong elsewhere.
        if (placement != nullptr && reason.empty())
          if (const auto seal = event.seal_id()->string_view();
              seal != record.key && !placement->fits(seal, record.partition))
            reason = "seal_id " + placement->problem(seal, record.partition);
        if (!reason.empty())
          refuse_event(record, row.event_index, std::move(reason), rejected, account);
        else
          fill(event, json != nullptr, row), emit(std::as_const(row));
      }
    };
    if (record.is_tombstone || record.value.empty())
      return refuse(record,
                    record.is_tombstone ? "a tombstone: no value, expected an event" : "0 bytes, expected an event",
                    rejected, account);
    if (source.format == PayloadFormat::flatbuffers) {
      if (source.stream == StreamId::seal)
        read(schema::verify_seal_record(record.value), nullptr);
      else
        read(schema::verify_trip_record(record.value), nullptr);
      return;
    }
    const bool is_seal = source.stream == StreamId::seal;
    auto json = is_seal ? reader_.read_seal(record.value, builder_) : reader_.read_trip(record.value, builder_);
    account.unknown_fields += json.unknown_fields;
    account.unknown_enum_values += json.unknown_enum_values;
    if (!json.error.empty()) return refuse(record, std::move(json.error), rejected, account);
    for (auto& event : json.rejected)
      refuse_event(record, static_cast<std::int32_t>(event.index), std::move(event.reason), rejected, account);
    const std::string_view bytes(reinterpret_cast<const char*>(builder_.GetBufferPointer()), builder_.GetSize());
    if (is_seal)
      read(schema::verify_seal_record(bytes), &json);
    else
      read(schema::verify_trip_record(bytes), &json);
  }

 private:
  void fill(const schema::SealEvent& event, bool copy, Row<SealPayload>& row);
  void fill(const schema::TripEvent& event, bool copy, Row<SealPayload>& row);
  [[nodiscard]] std::string_view keep(std::string_view bytes);
  static void refuse(const InputRecord& record, std::string reason, std::vector<RejectedRecord>& rejected,
                     Account& account);
  static void refuse_event(const InputRecord& record, std::int32_t index, std::string reason,
                           std::vector<RejectedRecord>& rejected, Account& account);

  const SealDomain& domain_;
  json::Reader reader_;
  flatbuffers::FlatBufferBuilder builder_;
  flatbuffers::FlatBufferBuilder trip_builder_;
  std::pmr::monotonic_buffer_resource arena_;
  std::string text_;
};

}  // namespace vigia
