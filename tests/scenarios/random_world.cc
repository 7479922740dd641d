#include "tests/scenarios/random_world.h"

#include <algorithm>

#include <fmt/format.h>

#include "tests/scenarios/dice.h"
#include "tests/scenarios/scenario_words.h"

namespace vigia::scenarios {
namespace {

constexpr TimeMs second_ms = 1000, minute_ms = 60 * second_ms, hour_ms = 60 * minute_ms;

// One seal's day, event by event.
class RandomSeal {
 public:
  RandomSeal(Dice& dice, Arrival arrival, int number)
      : dice_(dice),
        arrival_(arrival),
        id_(fmt::format("s{}", number)),
        now_ms_(day_zero_ms + (dice.chance(0.5) ? 18 * hour_ms : 0) + dice.between(0, 30) * minute_ms) {
    numbered_ = arrival == Arrival::backlog || (arrival == Arrival::shuffled && dice.chance(0.5));
    sequence_ = static_cast<std::uint32_t>(dice.between(1, 70'000));
  }

  void live(std::vector<reference::Line>& lines) {
    message(lines, 0);
    const auto steps = dice_.between(15, 60);
    for (int step = 0; step < steps; ++step) {
      now_ms_ +=
          dice_.one_of(std::vector<TimeMs>{3 * second_ms, 30 * second_ms, minute_ms, 2 * minute_ms, 5 * minute_ms,
                                           5 * minute_ms + 1, 10 * minute_ms, 15 * minute_ms, 25 * minute_ms});
      if (dice_.chance(0.25)) trip_event(lines);
      move();
      if (hole_steps_ == 0 && arrival_ == Arrival::backlog && dice_.chance(0.08)) hole_steps_ = dice_.between(1, 9);
      if (hole_steps_ > 0)
        in_a_hole(lines);
      else
        message(lines, dice_.between(0, arrival_ == Arrival::unnumbered ? 8 * minute_ms : 2 * second_ms));
    }
    flush(lines);
  }

 private:
  void move() {
    const double minutes = 2;
    if (dice_.chance(0.4)) {  // stay, more or less
      here_.east += dice_.real(-70, 70);
      here_.north += dice_.real(-70, 70);
    } else {  // drive along the route, sometimes beside it
      here_.east = std::clamp(here_.east + dice_.real(-0.3, 1) * minutes * 900, -500.0, 21'000.0);
      here_.north = dice_.chance(0.3) ? dice_.real(-450, 450) : here_.north * 0.5;
    }
  }

  void in_a_hole(std::vector<reference::Line>& lines) {
    if (!dice_.chance(0.1))
      backlog_.push_back(seal_json(true));  // else it is lost for good
    else
      ++sequence_;
    if (--hole_steps_ > 0) return;
    now_ms_ += 30 * second_ms;
    message(lines, 0);
    if (dice_.chance(0.8)) flush(lines);  // else the backlog waits for the next time
  }

  void flush(std::vector<reference::Line>& lines) {
    std::shuffle(backlog_.begin(), backlog_.end(), dice_.engine());
    TimeMs at_ms = now_ms_;
    for (const auto& json : backlog_)
      lines.push_back({"seal.events", id_, at_ms += dice_.between(0, 40) * second_ms, json});
    backlog_.clear();
  }

  void message(std::vector<reference::Line>& lines, TimeMs delay_ms) {
    lines.push_back({"seal.events", id_, now_ms_ + delay_ms, seal_json(false)});
    const TimeMs again_ms = arrival_ == Arrival::unnumbered ? minute_ms : hour_ms;
    if (dice_.chance(0.06)) {
      auto twice = lines.back();
      twice.timestamp_ms += dice_.between(0, again_ms);
      lines.push_back(std::move(twice));
    }
  }

  std::string seal_json(bool buffered) {
    std::string json = fmt::format("{{\"seal_id\":\"{}\",\"device_time_ms\":{}", id_, now_ms_);
    if (numbered_) json += fmt::format(",\"sequence\":{}", sequence_++);
    if (buffered) json += ",\"buffered\":true";
    if (dice_.chance(0.9)) {
      const bool stray = dice_.chance(0.05);
      json += ",\"position\":" + position_of({here_.east + (stray ? dice_.real(30'000, 90'000) : 0), here_.north});
    }
    if (dice_.chance(0.2))
      lock_ = dice_.one_of(
          std::vector<std::string>{"unknown", "closed", "closed", "opened", "tampered", "removed", "wrong_unlock"});
    json += fmt::format(",\"lock\":\"{}\"", lock_);
    if (dice_.chance(0.15))
      json += fmt::format(",\"conditions\":[\"{}\"]",
                          dice_.one_of(std::vector<std::string>{"panic", "jamming", "low_battery"}));
    if (dice_.chance(0.9)) json += fmt::format(",\"provider_id\":\"{}\"", dice_.chance(0.9) ? "ACME" : "Other");
    return json + "}";
  }

  void trip_event(std::vector<reference::Line>& lines) {
    const auto action = dice_.one_of(std::vector<std::string>{"start", "start", "finish", "cancel", "assign",
                                                              "authorize_stop", "officer_present", "weigh", "inspect"});
    if (action == "start") ++trip_;
    const auto of = std::max<std::int64_t>(0, trip_ - (dice_.chance(0.1) ? 1 : 0) + (dice_.chance(0.1) ? 1 : 0));
    const TimeMs at_ms = now_ms_ - dice_.one_of(std::vector<TimeMs>{0, 0, 1, minute_ms});
    std::string json = fmt::format("{{\"trip_id\":\"{}-t{}\",\"seal_id\":\"{}\",\"event_time_ms\":{},\"action\":\"{}\"",
                                   id_, action == "start" ? trip_ : of, id_, at_ms, action);
    if (action == "start" || action == "assign") {
      // A route that comes long after its trip began asks for more history than allowed_lateness keeps.
      const bool may_name_route = action == "start" || of > trip_ || arrival_ == Arrival::shuffled;
      json += may_name_route && dice_.chance(0.8) ? ",\"route_id\":\"r\"" : "";
      json += dice_.chance(0.7) ? ",\"origin_depot_id\":\"home\",\"destination_depot_id\":\"yard\"" : "";
      if (dice_.chance(0.5)) json += fmt::format(",\"due_ms\":{}", at_ms + dice_.between(-5, 180) * minute_ms);
    }
    if (action == "authorize_stop" || action == "officer_present") {
      if (dice_.chance(0.7)) json += fmt::format(",\"from_ms\":{}", at_ms - dice_.between(0, 40) * minute_ms);
      if (dice_.chance(0.7)) json += fmt::format(",\"until_ms\":{}", at_ms + dice_.between(0, 40) * minute_ms);
    }
    if (action == "weigh") json += fmt::format(",\"weight_kg\":{}", dice_.between(9, 12) * 1000);
    lines.push_back({"trip.events", id_, at_ms + dice_.between(0, 8) * minute_ms, json + "}"});
  }

  Dice& dice_;
  Arrival arrival_;
  std::string id_;
  TimeMs now_ms_;
  bool numbered_ = true;
  std::uint32_t sequence_ = 1;
  std::int64_t hole_steps_ = 0;
  std::vector<std::string> backlog_;
  Metres here_{0, 0};
  std::string lock_ = "closed";
  std::int64_t trip_ = 0;
};

std::string pipeline(Arrival arrival, Dice& dice) {
  std::string rules;
  // What depends on the trip is judged on trips; the others sometimes always.
  const auto add = [&](const std::string& id, const std::string& rest) {
    const bool of_the_trip = id.starts_with("stop") || id == "corridor" || id == "seal_opened" ||
                             id == "seal_removed" || id == "second_placement";
    const bool always = dice.chance(0.25) && !of_the_trip;
    rules += fmt::format("\n  - {{id: {}, {}{}}}", id, rest, always ? ", scope: always" : "");
  };
  add("stop", "kind: unauthorized_stop");
  add("stop-short", "kind: unauthorized_stop, limit: 4m, radius_m: 160");
  add("corridor", fmt::format("kind: route_deviation, confirmations: {}", dice.between(1, 3)));
  for (const auto* kind : {"seal_opened", "seal_tampered", "seal_removed", "seal_wrong_unlock", "second_placement",
                           "panic", "zone_entered", "zone_left"})
    add(kind, fmt::format("kind: {}", kind));
  add("report", "kind: report_interval, interval: 5m");
  add("way", "kind: report_distance, distance_m: 1500");
  add("stay", "kind: zone_overstay, limit: 6m");
  add("conditions", "kind: seal_condition, conditions: [jamming, low_battery]");
  add("quality", "kind: service_quality, required: 90s");
  rules += "\n  - {id: delayed, kind: trip_delayed}\n  - {id: weight, kind: weight_difference}\n";
  return fmt::format(
      "application: random\nkafka: {{brokers: \"localhost:9092\"}}\ntimezone: UTC\n"
      "time: {{horizon: 24h, allowed_lateness: {}, max_clock_skew: 5m, clock: records}}\nstate: {{directory: state}}\n"
      "site: [zones.geojson, routes.geojson]\n"
      "sources: [{{topic: seal.events, stream: seal, format: json}}, {{topic: trip.events, stream: trip, format: "
      "json}}]\n"
      "outputs: {{alerts: vigia.alerts, alert_state: vigia.alerts.state, format: json}}\nrules:{}",
      arrival == Arrival::shuffled ? "24h" : "10m", rules);
}

}  // namespace

RandomWorld make_random_world(Arrival arrival, std::uint64_t seed) {
  Dice dice(seed);
  RandomWorld world;
  world.pipeline_yaml = pipeline(arrival, dice);
  for (int seal = 0; seal < 3; ++seal) RandomSeal(dice, arrival, seal).live(world.lines);
  std::stable_sort(world.lines.begin(), world.lines.end(),
                   [](const auto& a, const auto& b) { return a.timestamp_ms < b.timestamp_ms; });
  const TimeMs last_ms = world.lines.back().timestamp_ms;
  if (arrival == Arrival::shuffled) std::shuffle(world.lines.begin(), world.lines.end(), dice.engine());
  world.until_ms = last_ms + dice.one_of(std::vector<TimeMs>{0, minute_ms, 9 * minute_ms, 20 * minute_ms, 25 * hour_ms,
                                                             60 * hour_ms});
  return world;
}

}  // namespace vigia::scenarios
