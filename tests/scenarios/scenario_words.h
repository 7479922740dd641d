// The small parts of the scenario language: times, places, words.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/identity.h"

namespace vigia::scenarios {

inline constexpr TimeMs day_zero_ms = 1'772'409'600'000;  // 2026-03-02T00:00:00Z, a Monday; 00:00 in a scenario

// "01:15", "01:15:30", "01:15:00.001", "26:00", "-00:05", or "@978307200000" (milliseconds since the epoch).
[[nodiscard]] TimeMs parse_time(std::string_view text);

// "250ms", "30s", "5m", "2h", "1d".
[[nodiscard]] TimeMs parse_duration(std::string_view text);

// "500,-20": metres east and north of 0°N 0°E.
struct Metres {
  double east = 0, north = 0;
};
[[nodiscard]] Metres parse_metres(std::string_view text);

// As GeoJSON writes a place: "[lon, lat]"; and as an event does.
[[nodiscard]] std::string geojson_of(Metres place);
[[nodiscard]] std::string position_of(Metres place);

// "500,-20" again, in whole metres.
[[nodiscard]] std::string metres_of(double lat_deg, double lon_deg);

[[nodiscard]] std::vector<std::string> split(std::string_view text, char separator);

// "seq=5" -> {"seq", "5"}; a word without '=' -> {word, ""}.
[[nodiscard]] std::pair<std::string, std::string> name_and_value(const std::string& word);

}  // namespace vigia::scenarios
