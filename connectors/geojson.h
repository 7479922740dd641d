// Zones and routes as GeoJSON (RFC 7946) FeatureCollections.
//
// A Polygon, MultiPolygon or Point feature is a zone; properties: `id`, `kind` (depot, exempt, restricted, cargo,
// area), for a Point `radius_m`, and optionally `site` and `hours`. A LineString or MultiLineString feature is a route;
// properties: `id`, `corridor_half_width_m`. Other members are ignored. One file may hold both.
//
// Every mistake is reported, with its line; a feature with a mistake is left out of the model. Refused, beside what
// isn't GeoJSON: positions out of range or beyond 89 degrees of latitude, rings that are not closed or cross
// themselves, polygons wider than 180 degrees, lines of one point, ids that are taken.
// A polygon or line across the antimeridian may be cut there or not: a jump of more than 180 degrees crosses it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "connectors/config_error.h"
#include "operators/site_model.h"

namespace vigia {

// Adds what the file holds. A file that can't be read is an error like the others.
void load_geojson(const std::string& path, SiteModelBuilder& builder, std::vector<ConfigError>& errors);

// The same from memory; `name` stands for the file in errors.
void parse_geojson(std::string_view name, std::string_view text, SiteModelBuilder& builder,
                   std::vector<ConfigError>& errors);

}  // namespace vigia
