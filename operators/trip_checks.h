// What trip events say of inspections and of seal numbers: merged without regard to order, and read when a seal is judged.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "engine/bytes.h"
#include "engine/event.h"
#include "schemas/trip_event_generated.h"

namespace vigia {

struct TripCheck {
  TimeMs at_ms = 0;
  TimeMs broker_ms = 0;
  std::uint16_t trip = 0;  // its serial
  schema::TripAction action = schema::TripAction::unknown;
  EvidenceRef evidence;
  std::string text;  // of inspect the zone, of the others the seal number

  [[nodiscard]] bool sets_number() const {
    return action == schema::TripAction::assign || action == schema::TripAction::replace_seal;
  }
};

class TripChecks {
 public:
  // Of an inspect, check_seal, assign or replace_seal; others are no concern of it. The same again changes nothing.
  void absorb(const EventHead& head, const schema::TripEvent& event, std::uint16_t trip) {
    using schema::TripAction;
    const auto action = event.action();
    if (action != TripAction::inspect && action != TripAction::check_seal && action != TripAction::assign &&
        action != TripAction::replace_seal)
      return;
    const auto* text = action == TripAction::inspect ? event.zone_id() : event.seal_number();
    if (text == nullptr || text->size() == 0) return;
    TripCheck check{head.time_ms, head.broker_ms, trip, action, head.evidence, text->str()};
    const auto [first, last] = std::equal_range(all_.begin(), all_.end(), check, is_before);
    if (first == last) all_.insert(first, std::move(check));
  }
  [[nodiscard]] const std::vector<TripCheck>& all() const { return all_; }  // in the order of time

  template <class IsGone>
  void forget(IsGone&& is_gone) {
    std::erase_if(all_, [&](const TripCheck& check) { return is_gone(check.trip); });
  }

  [[nodiscard]] std::size_t memory_bytes() const {
    auto bytes = all_.capacity() * sizeof(TripCheck);
    for (const auto& check : all_) bytes += check.text.capacity() > 15 ? check.text.capacity() + 1 : 0;
    return bytes;
  }
  void write(ByteWriter& out) const {
    out.put(static_cast<std::uint32_t>(all_.size()));
    for (const auto& check : all_) {
      out.put(check.at_ms);
      out.put(check.broker_ms);
      out.put(check.trip);
      out.put(check.action);
      out.put(check.evidence);
      out.put_text(check.text);
    }
  }
  void read(ByteReader& in) {
    for (auto count = in.get<std::uint32_t>(); count > 0 && !in.failed; --count) {
      TripCheck check;
      check.at_ms = in.get<TimeMs>();
      check.broker_ms = in.get<TimeMs>();
      check.trip = in.get<std::uint16_t>();
      check.action = in.get<schema::TripAction>();
      check.evidence = in.get<EvidenceRef>();
      check.text = in.get_text();
      all_.push_back(std::move(check));
    }
  }

 private:
  // Equal times: what sets the number comes first.
  static bool is_before(const TripCheck& a, const TripCheck& b) {
    const auto order = [](const TripCheck& c) {
      return std::tuple(c.at_ms, !c.sets_number(), c.action, c.trip, std::string_view(c.text));
    };
    return order(a) < order(b);
  }

  std::vector<TripCheck> all_;
};

}  // namespace vigia
