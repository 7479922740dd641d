#include "tests/scenarios/random_site.h"

#include <algorithm>

#include <fmt/format.h>

#include "tests/scenarios/dice.h"
#include "tests/scenarios/scenario_site.h"
#include "tests/scenarios/scenario_words.h"

namespace vigia::scenarios {
namespace {

constexpr TimeMs second_ms = 1000, minute_ms = 60 * second_ms, hour_ms = 60 * minute_ms;

using Texts = std::vector<std::string>;

constexpr const char* site_yaml = R"(
doors:
  - {id: gate, site: port, area: yard, hours: "Mon-Fri 06:00-20:00", lat_deg: 0, lon_deg: 0}
  - {id: side, site: port, area: yard, closed: permanently, lat_deg: 0, lon_deg: 0.1}
  - {id: vault, site: port, area: vault, panel: panel, lat_deg: 0, lon_deg: 0.2}
  - {id: inland, site: hill, area: office, lat_deg: 1, lon_deg: 1}
cameras:
  - {id: c-vault, site: port, zone: vault, HEARTBEAT}
  - {id: c-yard, site: port, zone: yard, lat_deg: 0, lon_deg: 0.05}
  - {id: c-cargo, site: hill, zone: cargo}
holders:
  - {id: ann, class: employee, areas: [yard, vault, office]}
  - {id: bob, class: visitor, areas: [yard]}
  - {id: eve, class: guard, areas: [yard, vault]}
  - {id: dan, class: contractor, areas: [office]}
)";

// One device's day, event by event.
class RandomDevice {
 public:
  RandomDevice(Dice& dice, Arrival arrival, std::string topic, std::string id, TimeMs begin_ms)
      : dice_(dice), arrival_(arrival), topic_(std::move(topic)), id_(std::move(id)), now_ms_(begin_ms) {
    numbered_ = topic_ != "security.events" &&
                (arrival == Arrival::backlog || (arrival == Arrival::shuffled && dice.chance(0.5)));
    sequence_ = dice.between(1, 70'000);
  }

  void live(std::vector<Delivery>& deliveries) {
    deliver(deliveries, body(), 0, false);  // the first contact
    for (auto steps = dice_.between(20, 45); steps > 0; --steps) {
      now_ms_ += dice_.one_of(std::vector<TimeMs>{0, 0, 1, second_ms, 4 * second_ms, 10 * second_ms, 15 * second_ms,
                                                  15 * second_ms + 1, 30 * second_ms, minute_ms, minute_ms + 1,
                                                  2 * minute_ms, 5 * minute_ms, 10 * minute_ms});
      if (numbered_ && now_ms_ == begin_ms_) now_ms_ += second_ms;
      if (hole_steps_ == 0 && numbered_ && arrival_ == Arrival::backlog && dice_.chance(0.1))
        hole_steps_ = dice_.between(1, 8);
      if (hole_steps_ > 0)
        in_a_hole(deliveries);
      else
        deliver(deliveries, body(), delay_ms(), false);
    }
    flush(deliveries);
  }

 private:
  struct Kept {
    TimeMs made_ms;
    std::string body;
  };

  [[nodiscard]] TimeMs delay_ms() {
    if (arrival_ == Arrival::shuffled) return 0;
    return dice_.between(0, arrival_ == Arrival::unnumbered || !numbered_ ? 8 * minute_ms : 2 * second_ms);
  }

  void in_a_hole(std::vector<Delivery>& deliveries) {
    if (dice_.chance(0.1))
      ++sequence_;  // lost for good
    else
      backlog_.push_back({now_ms_, body()});
    if (--hole_steps_ > 0) return;
    now_ms_ += 30 * second_ms;
    deliver(deliveries, body(), 0, false);
    if (dice_.chance(0.8)) flush(deliveries);  // else the backlog waits for the next time
  }

  void flush(std::vector<Delivery>& deliveries) {
    std::shuffle(backlog_.begin(), backlog_.end(), dice_.engine());
    const TimeMs from_ms = now_ms_;
    TimeMs at_ms = from_ms;
    for (const auto& kept : backlog_) {
      now_ms_ = kept.made_ms;
      deliver(deliveries, kept.body, (at_ms += dice_.between(0, 40) * second_ms) - kept.made_ms, true);
    }
    now_ms_ = from_ms;
    backlog_.clear();
  }

  void deliver(std::vector<Delivery>& deliveries, const std::string& body, TimeMs delay_ms, bool buffered) {
    const reference::Line at_once{topic_, id_, now_ms_, "{" + body + "}"};
    auto arrived = at_once;
    arrived.timestamp_ms += delay_ms;
    if (buffered) arrived.value = "{" + body + ",\"buffered\":true}";
    deliveries.push_back({arrived, at_once});
    if (!dice_.chance(0.08)) return;
    if (arrival_ != Arrival::shuffled) arrived.timestamp_ms += dice_.between(0, numbered_ ? hour_ms : minute_ms);
    deliveries.push_back({arrived, std::nullopt});
  }

  std::string body() {
    if (topic_ == "access.events") return access();
    if (topic_ == "camera.events") return camera();
    return fmt::format("\"@timestamp\":{},\"event.action\":\"{}\",\"user.name\":\"{}\"", now_ms_,
                       dice_.chance(0.7) ? "logon" : "logoff", holder());
  }

  std::string head(const char* id_name, const std::string& kind) {
    auto text = fmt::format("\"{}\":\"{}\",\"device_time_ms\":{},\"kind\":\"{}\"", id_name, id_, now_ms_, kind);
    if (numbered_) text += fmt::format(",\"sequence\":{}", sequence_++);
    return text;
  }

  std::string access() {
    static const Texts badges = {"badge_granted", "badge_granted", "badge_granted", "badge_denied", "badge_denied"};
    static const Texts openings = {"door_opened", "door_opened", "door_closed", "exit_requested"};
    static const Texts alarms = {"duress", "panic", "vibration", "heat", "smoke"};
    static const Texts panel = {"tamper", "tamper_cleared", "panel_offline", "panel_online"};
    const auto draw = dice_.real(0, 1);
    if (id_ == "panel" && draw < 0.6) return head("door_id", dice_.one_of(panel));
    if (draw > 0.95) return head("door_id", "heartbeat");
    if (draw > 0.8) {
      auto text = head("door_id", dice_.one_of(alarms));
      if (dice_.chance(0.8)) text += fmt::format(",\"path\":\"{}\"", dice_.chance(0.5) ? "lan" : "gsm");
      return text;
    }
    if (draw > 0.45) return head("door_id", dice_.one_of(openings));
    auto text = head("door_id", dice_.one_of(badges));
    if (dice_.chance(0.9)) text += fmt::format(",\"holder_id\":\"{}\"", holder());
    if (dice_.chance(0.2)) text += fmt::format(",\"holder_class\":\"{}\"", dice_.one_of(Texts{"visitor", "officer"}));
    if (dice_.chance(0.6)) text += fmt::format(",\"direction\":\"{}\"", dice_.chance(0.5) ? "in" : "out");
    if (dice_.chance(0.1)) text += fmt::format(",\"escort_id\":\"{}\"", holder());
    return text;
  }

  std::string camera() {
    static const Texts states = {"signal_lost",     "signal_restored",   "image_degraded", "image_restored",
                                 "recorder_failed", "recorder_restored", "power_lost",     "power_restored",
                                 "motion_started",  "motion_ended",      "heartbeat"};
    if (dice_.chance(0.4)) return head("camera_id", dice_.one_of(states));
    auto text = head("camera_id", "object");
    text += fmt::format(",\"object_class\":\"{}\"", dice_.one_of(Texts{"person", "person", "person", "car", "truck"}));
    if (dice_.chance(0.7)) text += fmt::format(",\"track_id\":\"t{}\"", dice_.between(1, 3));
    if (dice_.chance(0.3)) text += fmt::format(",\"zone_id\":\"{}\"", dice_.one_of(Texts{"fence", "cargo", "vault"}));
    if (dice_.chance(0.3)) text += fmt::format(",\"count\":{}", dice_.between(1, 4));
    return text;
  }

  std::string holder() { return dice_.one_of(Texts{"ann", "ann", "bob", "eve", "dan", "nobody"}); }

  Dice& dice_;
  Arrival arrival_;
  std::string topic_, id_;
  TimeMs now_ms_, begin_ms_ = now_ms_;
  bool numbered_ = true;
  std::int64_t sequence_ = 1, hole_steps_ = 0;
  std::vector<Kept> backlog_;
};

std::string pipeline(Arrival arrival) {
  std::string rules;
  for (const auto* rule : {
           "forced, kind: door_forced",
           "held, kind: door_held, held_limit: 1m",
           "hours, kind: after_hours",
           "not-entered, kind: granted_not_entered, entry_window: 30s",
           "denied, kind: repeated_denials, count: 2, window: 10m",
           "two, kind: two_person_missing, window: 1m",
           "visitor, kind: visitor_unescorted, window: 1m",
           "areas, kind: area_not_permitted",
           "denied-holder, kind: repeated_denials, by: holder, count: 3, window: 10m",
           "passback, kind: anti_passback",
           "travel, kind: impossible_travel, max_speed_kmh: 40",
           "tail, kind: tailgating, window: 15s",
           "badged-out, kind: logon_badged_out",
           "duress, kind: duress",
           "panic, kind: panic, path_window: 15s",
           "vibration, kind: vibration",
           "heat, kind: heat",
           "smoke, kind: smoke",
           "tamper, kind: panel_tamper",
           "panel, kind: panel_offline",
           "camera, kind: camera_offline",
           "image, kind: camera_degraded",
           "motion, kind: motion_after_hours",
           "loitering, kind: loitering, limit: 30s",
           "loitering-all, kind: loitering, limit: 2m, track_timeout: 5m, classes: [person, car]",
           "car, kind: restricted_object, classes: [car, truck]",
       })
    rules += fmt::format("\n  - {{id: {}}}", rule);
  if (arrival == Arrival::shuffled) rules += "\n  - {id: silent, kind: camera_offline, heartbeat_limit: 2m}";
  return fmt::format(
      "application: random\nkafka: {{brokers: \"localhost:9092\"}}\ntimezone: UTC\n"
      "time: {{horizon: 24h, allowed_lateness: {}, max_clock_skew: 5m, clock: records}}\nstate: {{directory: state}}\n"
      "site: [site.yaml, zones.geojson]\n"
      "sources: [{{topic: access.events, stream: access}}, {{topic: camera.events, stream: camera}}, "
      "{{topic: security.events, stream: security}}]\n"
      "outputs: {{alerts: vigia.alerts, alert_state: vigia.alerts.state, format: json}}\nrules:{}\n",
      arrival == Arrival::shuffled ? "24h" : "10m", rules);
}

std::string site_of(Arrival arrival) {
  std::string text = site_yaml;
  const std::string mark = ", HEARTBEAT";
  return text.replace(text.find(mark), mark.size(), arrival == Arrival::shuffled ? ", heartbeat_every: 1m" : "");
}

}  // namespace

RandomSite make_random_site(Arrival arrival, std::uint64_t seed) {
  Dice dice(seed);
  ScenarioSite zones;
  zones.add_zone({"vault", "area", "square", "0,0", "100", "hours=Mon-Fri_06:00-20:00"});
  RandomSite world{pipeline(arrival), site_of(arrival), zones.zones_geojson(), {}, 0};
  const TimeMs begin_ms = day_zero_ms + (dice.chance(0.5) ? 5 : 19) * hour_ms + dice.between(0, 60) * minute_ms;
  for (const auto* door : {"gate", "side", "vault", "inland", "panel"})
    RandomDevice(dice, arrival, "access.events", door, begin_ms).live(world.deliveries);
  for (const auto* camera : {"c-vault", "c-yard", "c-cargo"})
    RandomDevice(dice, arrival, "camera.events", camera, begin_ms).live(world.deliveries);
  RandomDevice(dice, arrival, "security.events", "pc", begin_ms).live(world.deliveries);
  const auto by_arrival = [](const Delivery& a, const Delivery& b) {
    return a.arrived.timestamp_ms < b.arrived.timestamp_ms;
  };
  std::ranges::stable_sort(world.deliveries, by_arrival);
  const TimeMs last_ms = world.deliveries.back().arrived.timestamp_ms;
  if (arrival == Arrival::shuffled) std::ranges::shuffle(world.deliveries, dice.engine());
  world.until_ms = last_ms + dice.one_of(std::vector<TimeMs>{0, minute_ms, 9 * minute_ms, 20 * minute_ms, 25 * hour_ms,
                                                             60 * hour_ms});
  return world;
}

}  // namespace vigia::scenarios
