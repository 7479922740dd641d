#include "connectors/site_yaml.h"

#include <fmt/format.h>

#include <algorithm>

#include "connectors/section_reader.h"
#include "operators/opening_hours.h"
#include "schemas/rfc3339.h"

namespace vigia {
namespace {

std::optional<LatLon> read_place(const Section& entry, const SectionReader& reader) {
  const bool lat = entry.given("lat_deg"), lon = entry.given("lon_deg");
  if (lat != lon) {
    reader.error(entry.line(), lat ? "lat_deg without lon_deg" : "lon_deg without lat_deg", "both or neither");
  }
  if (!lat || !lon) return std::nullopt;
  return LatLon{entry.number("lat_deg"), entry.number("lon_deg")};
}

Door read_door(const Section& entry, const SectionReader& reader) {
  Door door{.id = entry.text("id"),
            .site = entry.text("site"),
            .area = entry.text("area"),
            .panel = entry.text("panel"),
            .hours = entry.text("hours"),
            .closed_permanently = entry.given("closed"),
            .place = read_place(entry, reader)};
  if (!door.hours.empty() && !parse_opening_hours(door.hours)) {
    reader.error(entry.line("hours"), fmt::format("hours: {}", door.hours), std::string(opening_hours_form));
  }
  if (door.closed_permanently && !door.hours.empty()) {
    reader.error(entry.line("closed"), "closed: permanently beside hours", "one of the two");
  }
  return door;
}

Camera read_camera(const Section& entry, const SectionReader& reader) {
  return {.id = entry.text("id"),
          .site = entry.text("site"),
          .zone = entry.text("zone"),
          .place = read_place(entry, reader),
          .heartbeat_every_ms = entry.integer("heartbeat_every")};
}

Holder read_holder(const Section& entry, const SectionReader&) {
  const auto& classes = config_section("holder").keys[1].allowed;
  const auto found = std::find(classes.begin(), classes.end(), entry.text("class"));
  const auto position = found == classes.end() ? 0 : found - classes.begin();
  return {.id = entry.text("id"), .holder_class = static_cast<HolderClass>(position), .areas = entry.list("areas")};
}

StaffMember read_member(const Section& entry, const SectionReader&) {
  return {.id = entry.text("id"), .is_deputy = entry.text("role") == "deputy", .site = entry.list("site")};
}

TimeMs read_time(const Section& entry, std::string_view key, TimeMs otherwise_ms, const SectionReader& reader) {
  if (!entry.given(key)) return otherwise_ms;
  const auto time_ms = parse_rfc3339(entry.text(key));
  if (!time_ms)
    reader.error(entry.line(key), fmt::format("{}: {}", key, entry.text(key)),
                 "a time such as 2026-03-05T08:00:00-05:00");
  return time_ms.value_or(otherwise_ms);
}

Maintenance read_window(const Section& entry, const SectionReader& reader) {
  Maintenance window{.site = entry.list("site"),
                     .from_ms = read_time(entry, "from", no_time_ms, reader),
                     .to_ms = read_time(entry, "until", never_ms, reader),
                     .hours = {},
                     .except = entry.list("except")};
  const std::string& hours = entry.text("hours");
  if (auto spans = hours.empty() ? std::nullopt : parse_opening_hours(hours)) window.hours = std::move(*spans);
  if (!hours.empty() && window.hours.empty())
    reader.error(entry.line("hours"), fmt::format("hours: {}", hours), std::string(opening_hours_form));
  if (window.from_ms >= window.to_ms)
    reader.error(entry.line("until"), "until that is not after from", "an end after it");
  return window;
}

template <class Entry>
void read_entries(SectionReader& reader, const Section& site, std::string_view key, std::string_view name,
                  Entry (*read)(const Section&, const SectionReader&), std::vector<Entry>& out) {
  for (const YAML::Node& node : site.at(key).maps) {
    const Section section = reader.read(node, config_section(name));
    Entry entry = read(section, reader);
    const auto same = [&](const Entry& other) { return other.id == entry.id; };
    if (!entry.id.empty() && std::any_of(out.begin(), out.end(), same)) {
      reader.error(section.line("id"), fmt::format("{} {} again", name, entry.id), "each id once in the site files");
    }
    out.push_back(std::move(entry));
  }
}

}  // namespace

void load_site_yaml(const std::string& file, const std::string& content, const EnvironmentLookup& environment,
                    SiteEquipment& out, Diagnostics& diagnostics) {
  SectionReader reader(file, environment, diagnostics);
  const auto root = reader.parse(content, "a map with doors, cameras, holders, staff or maintenance");
  if (!root) return;
  const Section site = reader.read(*root, config_section("site"));
  read_entries(reader, site, "doors", "door", read_door, out.doors);
  read_entries(reader, site, "cameras", "camera", read_camera, out.cameras);
  read_entries(reader, site, "holders", "holder", read_holder, out.holders);
  read_entries(reader, site, "staff", "member", read_member, out.staff);
  for (const YAML::Node& node : site.at("maintenance").maps)
    out.maintenance.push_back(read_window(reader.read(node, config_section("window")), reader));
}

}  // namespace vigia
