// What an alert of something with a position says of where it is.
#pragma once

#include <memory>
#include <string>

#include "operators/alert_words.h"
#include "operators/site_model.h"

namespace vigia {

inline void set_position(Alert& alert, LatLon place) {
  alert.position = std::make_unique<schema::PositionT>();
  alert.position->lat_deg = place.lat_deg;
  alert.position->lon_deg = place.lon_deg;
}

// In an emergency whoever answers looks there first.
inline void add_nearest_camera(Alert& alert, const SiteModel& site, LatLon place) {
  if (const auto* camera = site.equipment.nearest_camera(place)) add_attribute(alert, "nearest_camera", camera->id);
}

}  // namespace vigia
