// The table of kinds.
#include "operators/rule.h"

namespace vigia {
namespace {

using enum StreamId;
using schema::Severity;

constexpr double second_ms = 1000, minute_ms = 60 * second_ms, day_ms = 24 * 60 * minute_ms;
constexpr double longest_ms = 366 * day_ms;
constexpr bool all_streams = true;  // KindSpec::needs_all_streams

ParamSpec duration(std::string_view name, double default_ms, std::string_view help) {
  return {.name = name,
          .type = ParamType::duration,
          .default_value = default_ms,
          .min = 1,
          .max = longest_ms,
          .help = help};
}

ParamSpec required_duration(std::string_view name, std::string_view help) {
  ParamSpec spec = duration(name, 0, help);
  spec.required = true;
  return spec;
}

ParamSpec number(std::string_view name, double default_value, double min, double max, std::string_view help) {
  return {
      .name = name, .type = ParamType::number, .default_value = default_value, .min = min, .max = max, .help = help};
}

ParamSpec required_number(std::string_view name, double min, double max, std::string_view help) {
  ParamSpec spec = number(name, 0, min, max, help);
  spec.required = true;
  return spec;
}

ParamSpec count(std::string_view name, double default_value, double max, std::string_view help) {
  return {.name = name, .type = ParamType::integer, .default_value = default_value, .min = 1, .max = max, .help = help};
}

ParamSpec max_speed() {
  return number("max_speed_kmh", 200, 1, 1'000'000, "a fix that implies more from the last good one is suspect");
}

ParamSpec path_window() {
  return duration("path_window", minute_ms,
                  "the same alarm over another communication path within it is the same alarm");
}

ParamSpec track_timeout() {
  return duration("track_timeout", minute_ms, "how long after its last sighting an object counts as still there");
}

std::vector<KindSpec> seal_kinds() {
  return {
      {"unauthorized_stop",
       {seal},
       Severity::high,
       {duration("limit", 15 * minute_ms, "how long a stop may last; exactly that long is no alert"),
        number("radius_m", 100, 1, 100'000, "how far from the stop's first position still counts as the same place"),
        max_speed()},
       "stopped for longer than allowed outside depots, exempt zones and announced stops"},
      {"route_deviation",
       {seal},
       Severity::high,
       {count("confirmations", 2, 1000, "positions in a row outside that raise it, and inside that clear it"),
        max_speed()},
       "further from the trip's route than its corridor's half-width"},
      {"seal_opened", {seal}, Severity::critical, {max_speed()}, "opened outside the trip's depots"},
      {"seal_tampered", {seal}, Severity::critical, {max_speed()}, "the seal reports tampering"},
      {"seal_removed",
       {seal},
       Severity::critical,
       {max_speed()},
       "removed outside the trip's depots or without an officer present"},
      {"seal_wrong_unlock", {seal}, Severity::high, {max_speed()}, "a wrong unlock was tried"},
      {"trip_delayed", {trip}, Severity::medium, {}, "the trip's due time has passed without a finish"},
      {"signal_lost",
       {seal},
       Severity::medium,
       {required_duration("interval", "silence that is longer is a lost signal")},
       "nothing has been heard from the seal; the cause is told from what it sent before and sends afterwards"},
      {"report_interval",
       {seal},
       Severity::low,
       {required_duration("interval", "the longest time allowed between two messages")},
       "two messages further apart in time than required"},
      {"report_distance",
       {seal},
       Severity::low,
       {required_number("distance_m", 1, 20'000'000, "the longest way allowed between two positions"), max_speed()},
       "two positions further apart than required"},
      {"service_quality",
       {seal},
       Severity::low,
       {required_duration("required", "a message that takes longer than this to arrive is delayed")},
       "a provider's messages of a day, with and without delay"},
      {"seal_condition",
       {seal},
       Severity::medium,
       {{.name = "conditions",
         .type = ParamType::string_list,
         .required = true,
         .allowed = {"low_battery", "jamming", "antenna_cut", "power_cut", "panic", "vibration"},
         .help = "the conditions that are worth an alert"}},
       "a condition that the seal reports, from the message where it appears to the first without it"},
      {"zone_entered", {seal}, Severity::info, {max_speed()}, "came into a zone, between two positions too"},
      {"zone_left", {seal}, Severity::info, {max_speed()}, "went out of a zone, between two positions too"},
      {"zone_overstay",
       {seal},
       Severity::medium,
       {required_duration("limit", "how long it may stay in a zone"), max_speed()},
       "in a zone for longer than allowed"},
      {"panic", {seal, access}, Severity::critical, {path_window()}, "somebody has pressed the panic button"},
      {"clock_fault",
       {seal, access, camera},
       Severity::info,
       {},
       "the device's clock is wrong; judged in every pipeline that has devices, configured or not, on trips and off"},
      {"weight_difference",
       {trip},
       Severity::medium,
       {number("percent", 10, 0, 1000, "of the entry's weight; a larger difference is an alert")},
       "the weight at an exit differs from the weight at the entry"},
      {"second_placement",
       {seal},
       Severity::high,
       {},
       "the seal was put on again after it had been removed on the same trip"},
      {"inspection_off_camera", {trip}, Severity::medium, {}, "an inspection in a zone without a camera"},
      {"seal_number_mismatch",
       {trip},
       Severity::high,
       {},
       "a check found another seal number than was last assigned or put in its place"},
  };
}

std::vector<KindSpec> door_kinds() {
  const std::vector<StreamId> doors = {access};
  const auto at_door = [&](std::string_view kind, Severity severity, std::vector<ParamSpec> params,
                           std::string_view help) {
    return KindSpec{kind, doors, severity, std::move(params), help};
  };
  return {
      at_door("door_forced", Severity::high,
              {duration("grant_window", 10 * second_ms, "how long before the opening a grant or exit request counts")},
              "opened without a grant or exit request"),
      at_door("door_held", Severity::medium, {duration("held_limit", minute_ms, "how long a door may stand open")},
              "open for longer than allowed"),
      at_door("after_hours", Severity::high, {}, "a grant or an opening outside of the door's hours"),
      at_door("granted_not_entered", Severity::low,
              {duration("entry_window", 30 * second_ms, "how soon after a grant the door must open")},
              "a grant that no opening followed"),
      at_door("repeated_denials", Severity::medium,
              {count("count", 5, 1000, "denials that make an alert"),
               duration("window", 10 * minute_ms, "within which they must come"),
               {.name = "by",
                .type = ParamType::string,
                .allowed = {"door", "holder"},
                .help = "whose denials are counted together",
                .default_strings = {"door"}}},
              "badges refused again and again"),
      at_door("two_person_missing", Severity::high,
              {required_duration("window", "how long before the opening both grants must have come")},
              "opened with fewer than two people's grants"),
      at_door("visitor_unescorted", Severity::medium,
              {required_duration("window", "how far apart the visitor's grant and the escort's may be")},
              "a visitor came in without an escort"),
      at_door("anti_passback", Severity::medium, {}, "in after in, or out after out"),
      at_door("area_not_permitted", Severity::medium, {}, "a badge used at an area that its holder may not enter"),
      at_door("duress", Severity::critical, {path_window()}, "somebody was forced to open"),
      at_door("vibration", Severity::high, {path_window()}, "a vibration detector has tripped"),
      at_door("heat", Severity::high, {path_window()}, "a heat detector has tripped"),
      at_door("smoke", Severity::critical, {path_window()}, "a smoke detector has tripped"),
      at_door("panel_tamper", Severity::high, {}, "an alarm panel reports tampering"),
      at_door("panel_offline", Severity::medium, {}, "an alarm panel has lost its communication"),
      at_door("impossible_travel", Severity::high,
              {required_number("max_speed_kmh", 1, 1'000'000, "the fastest that a person can get from door to door")},
              "one holder's badges at doors too far apart for the time between them"),
      {"tailgating",
       {access, camera},
       Severity::medium,
       {required_duration("window", "how long behind a grant people are counted, and grants belong together")},
       "the door's camera has seen more people than were granted",
       all_streams},
      {"logon_badged_out",
       {access, security},
       Severity::high,
       {},
       "a logon by a holder whose last badge was out",
       all_streams},
  };
}

std::vector<KindSpec> camera_kinds() {
  ParamSpec heartbeat =
      duration("heartbeat_limit", 0, "silence that is longer is offline; without it, the camera's own heartbeat_every");
  ParamSpec loitering_classes{.name = "classes",
                              .type = ParamType::string_list,
                              .help = "the classes of object judged",
                              .default_strings = {"person"}};
  ParamSpec restricted_classes{.name = "classes",
                               .type = ParamType::string_list,
                               .required = true,
                               .help = "the classes of object that may not be there"};
  return {
      {"camera_offline", {camera}, Severity::medium, {heartbeat}, "a camera, its recorder or its power is away"},
      {"camera_degraded", {camera}, Severity::low, {}, "a camera's image is degraded"},
      {"motion_after_hours", {camera}, Severity::medium, {}, "motion or an object outside of the zone's hours"},
      {"loitering",
       {camera},
       Severity::medium,
       {loitering_classes, required_duration("limit", "how long one may stay"), track_timeout()},
       "somebody stays in a zone for longer than allowed"},
      {"restricted_object",
       {camera},
       Severity::medium,
       {restricted_classes, track_timeout()},
       "an object of a class that may not be in the zone"},
  };
}

}  // namespace

std::span<const KindSpec> rule_kinds() {
  static const std::vector<KindSpec> table = [] {
    std::vector<KindSpec> kinds = seal_kinds();
    for (auto* more : {door_kinds, camera_kinds}) {
      for (KindSpec& spec : more()) kinds.push_back(std::move(spec));
    }
    return kinds;
  }();
  return table;
}

}  // namespace vigia
