#include "connectors/geojson.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <set>
#include <utility>

#include "connectors/geojson_shape.h"
#include "connectors/json_tree.h"
#include "operators/opening_hours.h"

namespace vigia {
namespace {

using Type = JsonNode::Type;

// `type` must be there and be this.
void expect_type(const JsonNode& object, std::string_view name, ErrorList& errors) {
  const JsonNode* type = object.find("type");
  if (type != nullptr && type->type == Type::string && type->text == name) return;
  errors.add(type ? type->line : object.line, type ? "type: " + type->describe() : "no type",
             fmt::format("\"type\": \"{}\"", name));
}

// One feature: reads what its kind of geometry needs, and adds it to the model when nothing was wrong with it.
class FeatureReader {
 public:
  // `seen` holds the ids of the features before this one, those with mistakes too.
  FeatureReader(SiteModelBuilder& builder, std::set<std::string>& seen, ErrorList& errors)
      : builder_(builder), seen_(seen), errors_(errors) {}

  void read(const JsonNode& feature) {
    if (feature.type != Type::object) return errors_.add(feature.line, feature.describe(), "a Feature object");
    const std::size_t before = errors_.errors.size();
    line_ = feature.line;
    expect_type(feature, "Feature", errors_);
    properties_ = member(feature, "properties", Type::object, "an object with the properties of the feature");
    const JsonNode* geometry = member(feature, "geometry", Type::object, "a geometry object");
    id_ = properties_ ? required_text("id") : std::string();
    if (geometry == nullptr) return;
    const JsonNode* type = member(*geometry, "type", Type::string, geometry_types);
    const JsonNode* coordinates = member(*geometry, "coordinates", Type::array, "an array of coordinates");
    if (type == nullptr) return;
    if (type->text == "LineString" || type->text == "MultiLineString") {
      read_route(type->text, coordinates, before);
    } else if (type->text == "Polygon" || type->text == "MultiPolygon" || type->text == "Point") {
      read_zone(type->text, coordinates, before);
    } else {
      errors_.add(type->line, fmt::format("the geometry type \"{}\"", type->text), geometry_types);
    }
  }

 private:
  static constexpr const char* geometry_types =
      "Polygon, MultiPolygon or Point (a zone), LineString or MultiLineString (a route)";

  const JsonNode* member(const JsonNode& object, std::string_view key, Type type, const char* expected) {
    const JsonNode* found = object.find(key);
    if (found != nullptr && found->type == type) return found;
    errors_.add(found ? found->line : object.line,
                found ? fmt::format("{}: {}", key, found->describe()) : fmt::format("no {}", key), expected);
    return nullptr;
  }

  std::string required_text(std::string_view key) {
    const JsonNode* node = member(*properties_, key, Type::string, "a string that is not empty");
    if (node == nullptr) return {};
    if (node->text.empty()) errors_.add(node->line, fmt::format("an empty {}", key), "a string that is not empty");
    return node->text;
  }

  std::string optional_text(std::string_view key) {
    const JsonNode* node = properties_->find(key);
    if (node == nullptr || node->type == Type::null) return {};
    if (node->type != Type::string) errors_.add(node->line, fmt::format("{}: {}", key, node->describe()), "a string");
    return node->text;
  }

  double required_metres(std::string_view key, double max_m) {
    const JsonNode* node = properties_->find(key);
    const std::string expected = fmt::format("{}: a number of metres above 0, at most {}", key, max_m);
    if (node == nullptr) {
      errors_.add(properties_->line, fmt::format("no {}", key), expected);
    } else if (node->type != Type::number || !(node->number > 0 && node->number <= max_m)) {
      errors_.add(node->line, fmt::format("{}: {}", key, node->describe()), expected);
    } else {
      return node->number;
    }
    return 1;
  }

  void read_route(std::string_view type, const JsonNode* coordinates, std::size_t before) {
    std::vector<std::vector<LatLon>> lines;
    if (coordinates != nullptr && type == "LineString") lines = {read_line(*coordinates, errors_)};
    if (coordinates != nullptr && type == "MultiLineString") lines = read_lines(*coordinates, errors_);
    if (properties_ == nullptr) return;
    const double half_width_m = required_metres("corridor_half_width_m", Corridor::max_half_width_m);
    check_id("route");
    if (errors_.errors.size() == before && !builder_.add_route(id_, lines, half_width_m)) report_taken("route");
  }

  void read_zone(std::string_view type, const JsonNode* coordinates, std::size_t before) {
    ZoneShape shape;
    if (coordinates != nullptr) {
      if (type == "Polygon") shape.polygons = {read_polygon(*coordinates, errors_)};
      if (type == "MultiPolygon") shape.polygons = read_polygons(*coordinates, errors_);
      if (type == "Point") shape.circle = Circle{read_position(*coordinates, errors_), 0};
    }
    if (properties_ == nullptr) return;
    const ZoneKind kind = read_kind();
    const std::string site = optional_text("site"), hours = optional_text("hours");
    if (!hours.empty() && !parse_opening_hours(hours)) {
      errors_.add(properties_->find("hours")->line, fmt::format("hours: {}", hours), std::string(opening_hours_form));
    }
    if (type == "Point") {
      const double radius_m = required_metres("radius_m", ZoneShape::max_radius_m);
      if (shape.circle) finish_circle(*shape.circle, radius_m);
    }
    check_id("zone");
    if (errors_.errors.size() == before && !builder_.add_zone(id_, kind, site, hours, shape)) report_taken("zone");
  }

  void finish_circle(Circle& circle, double radius_m) {
    circle.radius_m = radius_m;
    if (std::abs(circle.centre.lat_deg) <= max_lat_deg &&
        std::abs(circle.centre.lat_deg) + radius_m / metres_per_degree > max_lat_deg) {
      errors_.add(
          line_,
          fmt::format("a radius of {} m around latitude {}, too close to a pole", radius_m, circle.centre.lat_deg),
          fmt::format("a zone within latitudes -{0} to {0}", max_lat_deg));
    }
  }

  ZoneKind read_kind() {
    constexpr const char* expected = "depot, exempt, restricted, cargo or area";
    const JsonNode* node = member(*properties_, "kind", Type::string, expected);
    if (node == nullptr) return ZoneKind::area;
    const auto kind = zone_kind_of(node->text);
    if (!kind) errors_.add(node->line, fmt::format("the kind \"{}\"", node->text), expected);
    return kind.value_or(ZoneKind::area);
  }

  void check_id(std::string_view what) {
    if (!id_.empty() && !seen_.insert(fmt::format("{} {}", what, id_)).second) report_taken(what);
  }

  // A zone and a route may have the same id; two zones, of whatever file, may not.
  void report_taken(std::string_view what) {
    const JsonNode* id = properties_->find("id");
    errors_.add(id->line, fmt::format("the {} id \"{}\" a second time", what, id_), "an id of its own");
  }

  SiteModelBuilder& builder_;
  std::set<std::string>& seen_;
  ErrorList& errors_;
  int line_ = 0;
  const JsonNode* properties_ = nullptr;
  std::string id_;
};

}  // namespace

void parse_geojson(std::string_view name, std::string_view text, SiteModelBuilder& builder,
                   std::vector<ConfigError>& errors) {
  const auto root = parse_json_tree(name, text, errors);
  if (!root) return;
  ErrorList list{std::string(name), errors};
  if (root->type != Type::object) return list.add(root->line, root->describe(), "a GeoJSON FeatureCollection");
  expect_type(*root, "FeatureCollection", list);
  const JsonNode* features = root->find("features");
  if (features == nullptr || features->type != Type::array) {
    return list.add(features ? features->line : root->line,
                    features ? "features: " + features->describe() : "no features", "an array of features");
  }
  std::set<std::string> seen;
  for (const JsonNode& feature : features->items) FeatureReader(builder, seen, list).read(feature);
}

void load_geojson(const std::string& path, SiteModelBuilder& builder, std::vector<ConfigError>& errors) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text;
  for (std::array<char, 65536> chunk; file.good();) {
    file.read(chunk.data(), chunk.size());
    text.append(chunk.data(), static_cast<std::size_t>(file.gcount()));
  }
  if (!file.is_open() || file.bad()) {
    errors.push_back({path, 0, fmt::format("a file that can't be read ({})", std::strerror(errno ? errno : EIO)),
                      "a readable GeoJSON file"});
    return;
  }
  parse_geojson(path, text, builder, errors);
}

}  // namespace vigia
