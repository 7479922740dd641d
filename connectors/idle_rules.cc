#include "connectors/idle_rules.h"

#include <fmt/format.h>

#include <algorithm>

#include "operators/zone_choice.h"

namespace vigia {
namespace {

bool reads(const RuleSpec& rule, StreamId stream) {
  const KindSpec* kind = find_kind(rule.kind);
  return kind != nullptr && std::ranges::find(kind->streams, stream) != kind->streams.end();
}

bool fits(const Only& only, std::string_view id, std::string_view site, std::string_view zone) {
  return ZoneChoice::matches(only.id, id) && ZoneChoice::matches_site(only.site, site) &&
         ZoneChoice::matches_site(only.zone, zone);
}

constexpr const char* never = "so it will never raise an alert";

// What is wrong with a rule about doors, or empty. A door that is not listed is at no site and in no area.
std::string of_doors(const Only& only, const Equipment& equipment) {
  const auto is_one = [&](const Door& door) { return fits(only, door.id, door.site, door.area); };
  if (std::ranges::any_of(equipment.doors(), is_one)) return {};
  const bool is_by_id = only.site.empty() && only.zone.empty();
  if (is_by_id && equipment.doors().empty()) return {};
  return fmt::format("no door of the site files fits its only, {}",
                     is_by_id ? "so it judges none of those that are listed" : never);
}

// Likewise. The zone may be the event's own.
std::string of_cameras(const Only& only, const SiteModel& site) {
  const auto is_one = [&](const Camera& camera) { return fits(only, camera.id, camera.site, camera.zone); };
  if (std::ranges::any_of(site.equipment.cameras(), is_one)) return {};
  const auto is_known = [&](const Zone& zone) { return ZoneChoice::matches(only.zone, zone.id); };
  if (!only.zone.empty() && std::ranges::any_of(site.zones, is_known)) return {};
  if (only.site.empty() && only.zone.empty() && site.equipment.cameras().empty()) return {};
  return fmt::format(
      "no camera of the site files fits its only, {}",
      only.site.empty() ? "so it judges none of those that are listed, but for events that name a zone" : never);
}

std::string of_zones(const Only& only, const std::vector<Zone>& zones) {
  const auto is_one = [&](const Zone& zone) {
    return ZoneChoice::matches(only.zone, zone.id) && ZoneChoice::matches_site(only.site, zone.site);
  };
  return std::ranges::any_of(zones, is_one) ? std::string()
                                            : fmt::format("no zone of the site files fits it, {}", never);
}

std::string why_idle(const RuleSpec& rule, const SiteModel& site) {
  const Only& only = rule.only;
  if (rule.kind == "route_deviation" && site.routes.empty())
    return fmt::format("the site files have no route, {}", never);
  if (rule.kind.starts_with("zone_")) return of_zones(only, site.zones);
  const bool is_limited = !only.site.empty() || !only.zone.empty() || !only.id.empty();
  if (!is_limited || reads(rule, StreamId::seal) || reads(rule, StreamId::trip)) return {};
  if (reads(rule, StreamId::access)) return of_doors(only, site.equipment);
  return reads(rule, StreamId::camera) ? of_cameras(only, site) : std::string();
}

}  // namespace

void warn_of_idle_rules(const std::string& pipeline_file, const std::map<std::string, int>& lines,
                        const LoadedPipeline& loaded, Diagnostics& diagnostics) {
  for (const RuleSpec& rule : loaded.pipeline.rules) {
    const std::string why = why_idle(rule, loaded.site);
    if (why.empty()) continue;
    const auto line = lines.find(rule.id);
    diagnostics.warning(pipeline_file, line == lines.end() ? 0 : line->second,
                        fmt::format("rule {}: {}", rule.id, why));
  }
}

}  // namespace vigia
