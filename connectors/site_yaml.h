// Doors, cameras and badge holders of the guarded sites, from YAML files. Checked when loaded; the operators that use
// them are those of the access and camera streams.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "connectors/config_diagnostics.h"
#include "connectors/environment.h"
#include "engine/identity.h"

namespace vigia {

struct SitePlace {
  double lat_deg = 0, lon_deg = 0;
};

struct Door {
  std::string id, site, area, panel;  // all but the id may be empty
  std::string hours;                  // empty: always open; see connectors/opening_hours.h
  bool closed_permanently = false;
  std::optional<SitePlace> place;
};

struct Camera {
  std::string id, site, zone;
  std::optional<SitePlace> place;
  TimeMs heartbeat_every_ms = 0;  // 0: it sends none
};

enum class HolderClass : std::uint8_t { unknown, employee, visitor, contractor, officer, guard };

struct Holder {
  std::string id;
  HolderClass holder_class = HolderClass::unknown;
  std::vector<std::string> areas;
};

struct SiteEquipment {
  std::vector<Door> doors;
  std::vector<Camera> cameras;
  std::vector<Holder> holders;
};

// Adds a file's `doors`, `cameras` and `holders` to `out`. Ids must be unique over all files, each kind for itself.
// `content` is the file's text; `file` is for messages.
void load_site_yaml(const std::string& file, const std::string& content, const EnvironmentLookup& environment,
                    SiteEquipment& out, Diagnostics& diagnostics);

}  // namespace vigia
