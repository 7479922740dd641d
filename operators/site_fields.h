// What the site model knows of an event's door or camera, for detections: as members `door` and `camera` of the event's JSON.
// So incidents can be looked for by site: the door's is the camera's is an alert's site_id.
#pragma once

#include <string>

#include "operators/site_model.h"
#include "schemas/access_event_generated.h"
#include "schemas/camera_event_generated.h"

namespace vigia {

// Adds {site, area, panel} of a door and {class} of a known holder, {site, zone} of a camera. `json`: the event as an object;
// what the site does not list is left as it is.
void append_site_fields(const schema::AccessEvent& event, const SiteModel& site, std::string& json);
void append_site_fields(const schema::CameraEvent& event, const SiteModel& site, std::string& json);

}  // namespace vigia
