// Records to rows: verified, checked, hashed. What can't be read becomes a dead letter with a reason. What is the same for every
// stage; how a row is filled from an event is the stage's.
#pragma once

#include <array>
#include <concepts>
#include <deque>
#include <memory>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "engine/stage.h"
#include "engine/unlisted_ids.h"
#include "operators/group_rule.h"
#include "operators/sigma_event_reader.h"
#include "operators/sigma_plan.h"
#include "operators/site_fields.h"
#include "operators/stage_config.h"
#include "schemas/json_reader.h"
#include "schemas/json_writer.h"
#include "schemas/verify.h"

namespace vigia {

// How records of a kind of event are read, and which member is the key.
template <class Event>
struct EventKind;

template <>
struct EventKind<schema::SealEvent> {
  static constexpr auto key_name = "seal_id";
  static const flatbuffers::String* key(const schema::SealEvent& event) { return event.seal_id(); }
  static constexpr auto verify = schema::verify_seal_record;
  static constexpr auto read_json = &json::Reader::read_seal;
};
template <>
struct EventKind<schema::TripEvent> {
  static constexpr auto key_name = "seal_id";
  static const flatbuffers::String* key(const schema::TripEvent& event) { return event.seal_id(); }
  static constexpr auto verify = schema::verify_trip_record;
  static constexpr auto read_json = &json::Reader::read_trip;
};
template <>
struct EventKind<schema::AccessEvent> {
  static constexpr auto key_name = "door_id";
  static const flatbuffers::String* key(const schema::AccessEvent& event) { return event.door_id(); }
  static constexpr auto verify = schema::verify_access_record;
  static constexpr auto read_json = &json::Reader::read_access;
};
template <>
struct EventKind<schema::CameraEvent> {
  static constexpr auto key_name = "camera_id";
  static const flatbuffers::String* key(const schema::CameraEvent& event) { return event.camera_id(); }
  static constexpr auto verify = schema::verify_camera_record;
  static constexpr auto read_json = &json::Reader::read_camera;
};

// One thread at a time. What its rows point at lives until the next begin().
class RecordDecoder {
 public:
  // `sigma`: null: no detections. `site` and `group_rules` outlive the decoder.
  RecordDecoder(const SigmaPlan* sigma, const SiteModel& site,
                std::span<const std::shared_ptr<const GroupRule>> group_rules = {})
      : site_(site), group_rules_(group_rules), builder_(4096) {
    for (std::size_t i = 0; sigma != nullptr && i < readers_.size(); ++i)
      if (sigma->streams[i].matcher.size() > 0) readers_[i] = std::make_unique<SigmaEventReader>(sigma->streams[i]);
  }

  void begin() {
    arena_.release();
    for (auto& reader : readers_)
      if (reader) reader->begin();
    taken_.clear();
  }

  // Since it was last asked.
  [[nodiscard]] UnlistedIds take_unlisted() { return std::exchange(unlisted_, {}); }

 protected:
  // Calls fill(event, copy) for each good event of the record, to fill in `row` and pass it on; `copy`: the event's bytes
  // are gone with the next record. `row` has what the record says.
  template <class Event, class Payload, class Fill>
  void decode(const InputRecord& record, const StageSource& source, Row<Payload>& row, Fill&& fill,
              std::vector<RejectedRecord>& rejected, Account& account) {
    using Kind = EventKind<Event>;
    row.head.broker_ms = record.broker_ms;
    row.head.evidence = {record.topic, record.partition, record.offset};
    row.head.clock_fault = false;
    const KeyPlacement* placement = source.placement.get();
    if (placement != nullptr && !record.key.empty() && !placement->fits(record.key, record.partition))
      return refuse(record, "key " + placement->problem(record.key, record.partition), rejected, account);
    const auto read = [&](const schema::Events<Event>& events, const json::ReadResult* json) {
      if (!events.error().empty()) return refuse(record, std::string(events.error()), rejected, account);
      for (std::size_t i = 0; i < events.size(); ++i) {
        const Event& event = events[i];
        row.event_index = events.is_batch() ? static_cast<std::int32_t>(json ? json->index_of(i) : i) : -1;
        account.unknown_enum_values += json ? 0 : schema::unknown_enum_values(event);
        auto reason = json ? std::string() : schema::check(event);
        // A device whose key the record does not have may belong elsewhere.
        if (placement != nullptr && reason.empty())
          if (const auto key = Kind::key(event)->string_view();
              key != record.key && !placement->fits(key, record.partition))
            reason = std::string(Kind::key_name) + " " + placement->problem(key, record.partition);
        if (!reason.empty())
          refuse_event(record, row.event_index, std::move(reason), rejected, account);
        else
          fill(event, json != nullptr);
      }
    };
    std::string_view value = record.value;
    if (source.adapter != nullptr) {
      adapted_.clear();
      if (auto error = source.adapter(record, adapted_); !error.empty())
        return refuse(record, std::move(error), rejected, account);
      if (adapted_.empty()) return;  // it tells of no event
      value = adapted_;
    } else if (record.is_tombstone || value.empty()) {
      return refuse(record,
                    record.is_tombstone ? "a tombstone: no value, expected an event" : "0 bytes, expected an event",
                    rejected, account);
    } else if (source.format == PayloadFormat::flatbuffers) {
      return read(Kind::verify(value), nullptr);
    }
    auto json = (reader_.*Kind::read_json)(value, builder_);
    account.unknown_fields += json.unknown_fields;
    account.unknown_enum_values += json.unknown_enum_values;
    if (!json.error.empty()) return refuse(record, std::move(json.error), rejected, account);
    for (auto& event : json.rejected)
      refuse_event(record, static_cast<std::int32_t>(event.index), std::move(event.reason), rejected, account);
    read(Kind::verify({reinterpret_cast<const char*>(builder_.GetBufferPointer()), builder_.GetSize()}), &json);
  }

  // What detections find in the event, and what rules of the second stage take of it.
  template <class Event>
  [[nodiscard]] const SigmaFindings* findings(const Event& event, SigmaPlan::Stream stream) {
    const SigmaFindings* found = nullptr;
    if (auto& reader = readers_[stream]; reader) {
      text_.clear();
      json::append_json(event, text_);
      if constexpr (requires { append_site_fields(event, site_, text_); }) append_site_fields(event, site_, text_);
      found = reader->find(text_);
    }
    if constexpr (requires(const GroupRule& rule, std::vector<GroupPart>& parts) { rule.take(event, parts); }) {
      std::vector<GroupPart> parts;
      for (const auto& rule : group_rules_) rule->take(event, parts);
      if (parts.empty()) return found;
      auto& both = taken_.emplace_back(found == nullptr ? SigmaFindings() : *found);
      both.groups = std::move(parts);
      return &both;
    }
    return found;
  }
  // Of a device's event: its times and number, and its canonical form when it has no number.
  template <class Event, class Payload>
  void fill_head(const Event& event, StreamId stream, Row<Payload>& row) {
    row.head.time_ms = row.head.sent_ms = event.device_time_ms();
    row.head.sequence = event.sequence();
    row.head.stream_rank = static_cast<std::uint8_t>(stream);
    row.buffered = event.buffered();
    row.is_device = true;
    row.head.findings = findings(event, stream == StreamId::seal     ? SigmaPlan::seal
                                        : stream == StreamId::access ? SigmaPlan::access
                                                                     : SigmaPlan::camera);
    row.head.canonical = row.head.sequence == 0 ? canonical(event) : std::string_view();
  }
  template <class Event>
  [[nodiscard]] std::string_view canonical(const Event& event) {
    text_.clear();
    json::append_canonical(event, text_);
    return keep(text_);
  }
  // A copy that lives until the next begin(), where numbers are aligned.
  [[nodiscard]] std::string_view keep(std::string_view bytes);
  [[nodiscard]] UnlistedIds& unlisted() { return unlisted_; }
  [[nodiscard]] std::string_view kept(const flatbuffers::String* text, bool copy) {
    if (text == nullptr) return {};
    return copy ? keep(text->string_view()) : text->string_view();
  }

 private:
  static void refuse(const InputRecord& record, std::string reason, std::vector<RejectedRecord>& rejected,
                     Account& account);
  static void refuse_event(const InputRecord& record, std::int32_t index, std::string reason,
                           std::vector<RejectedRecord>& rejected, Account& account);

  std::array<std::unique_ptr<SigmaEventReader>, SigmaPlan::alert> readers_;  // by stream; null: it has no detections
  const SiteModel& site_;
  std::span<const std::shared_ptr<const GroupRule>> group_rules_;
  std::deque<SigmaFindings> taken_;
  json::Reader reader_;
  flatbuffers::FlatBufferBuilder builder_;
  std::pmr::monotonic_buffer_resource arena_;
  std::string text_;
  UnlistedIds unlisted_;
  std::string adapted_;  // the record at hand in our JSON, when it came in another format
};

}  // namespace vigia
