#include "connectors/geojson.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace vigia {
namespace {

using testing::HasSubstr;

struct Parsed {
  SiteModel model;
  std::vector<ConfigError> errors;
};

Parsed parse(std::string_view text) {
  Parsed out;
  SiteModelBuilder builder;
  parse_geojson("site.geojson", text, builder, out.errors);
  out.model = builder.build();
  return out;
}

// Each feature on a line of its own: the first is on line 2.
std::string collection(const std::vector<std::string>& features) {
  std::string text = R"({"type": "FeatureCollection", "features": [)";
  for (std::size_t i = 0; i < features.size(); ++i) text += (i ? ",\n" : "\n") + features[i];
  return text + "\n]}\n";
}
std::string feature(std::string_view properties, std::string_view type, std::string_view coordinates) {
  return fmt::format(R"({{"type": "Feature", "properties": {{{}}}, "geometry": {{"type": "{}", "coordinates": {}}}}})",
                     properties, type, coordinates);
}
std::string zone(std::string_view id, std::string_view coordinates) {
  return feature(fmt::format(R"("id": "{}", "kind": "area")", id), "Polygon", coordinates);
}
std::string route(std::string_view id, std::string_view coordinates) {
  return feature(fmt::format(R"("id": "{}", "corridor_half_width_m": 100)", id), "LineString", coordinates);
}
constexpr const char* square = "[[[0,0],[1,0],[1,1],[0,1],[0,0]]]";

// One mistake, on this line, described so.
void expect_error(const std::string& text, int line, const std::string& found, const std::string& expected) {
  const auto parsed = parse(text);
  ASSERT_EQ(parsed.errors.size(), 1u) << text << (parsed.errors.size() > 1 ? parsed.errors[1].found : "");
  const ConfigError& error = parsed.errors[0];
  EXPECT_EQ(error.file, "site.geojson");
  EXPECT_EQ(error.line, line) << error.found;
  EXPECT_THAT(error.found, HasSubstr(found));
  EXPECT_THAT(error.expected, HasSubstr(expected));
}
void expect_zone_error(const std::string& coordinates, const std::string& found, const std::string& expected) {
  expect_error(collection({zone("z", coordinates)}), 2, found, expected);
}

TEST(GeoJson, ZonesAndRoutesBecomeTheModel) {
  const auto parsed = parse(collection({
      feature(R"("id": "home", "kind": "depot", "site": "port", "hours": "Mon-Fri 06:00-20:00", "colour": [1, {}])",
              "Polygon", square),
      feature(R"("id": "ring", "kind": "restricted", "radius_m": 500)", "Point", "[10, 20, 3.5]"),
      feature(R"("id": "twins", "kind": "cargo", "site": null)", "MultiPolygon",
              "[[[[5,5],[6,5],[6,6],[5,5]]], [[[7,7],[8,7],[8,8],[7,7]]]]"),
      feature(R"("id": "home", "corridor_half_width_m": 250)", "MultiLineString", "[[[0,0],[1,0]], [[2,0],[3,0]]]"),
      route("road", "[[0,0],[0,0],[1,0]]"),
  }));
  ASSERT_TRUE(parsed.errors.empty()) << parsed.errors[0].found;
  const SiteModel& model = parsed.model;
  ASSERT_EQ(model.zones.size(), 3u);
  EXPECT_EQ(model.zones[0].id, "home");
  EXPECT_EQ(model.zones[0].kind, ZoneKind::depot);
  EXPECT_EQ(model.zones[0].site, "port");
  EXPECT_EQ(model.zones[0].hours, "Mon-Fri 06:00-20:00");
  EXPECT_EQ(model.zones[1].kind, ZoneKind::restricted);
  EXPECT_TRUE(model.index.contains(1, {20.004, 10}));
  EXPECT_TRUE(model.index.contains(2, {7.2, 7.5}));
  EXPECT_FALSE(model.index.contains(2, {6.5, 6.5}));
  EXPECT_EQ(model.find_zone("twins"), 2u);
  EXPECT_EQ(model.find_zone("road"), SiteModel::npos);
  EXPECT_EQ(model.find_route("road"), 1u);
  EXPECT_EQ(model.find_route("home"), 0u);
  EXPECT_EQ(model.routes[0].corridor.half_width_m(), 250);
  EXPECT_EQ(model.routes[0].corridor.segment_count(), 2u);
  EXPECT_EQ(model.routes[1].corridor.segment_count(), 1u);
}

TEST(GeoJson, AnEmptyCollectionIsValid) {
  const auto parsed = parse(collection({}));
  EXPECT_TRUE(parsed.errors.empty());
  EXPECT_TRUE(parsed.model.zones.empty());
}

TEST(GeoJson, MalformedTextIsPlacedOnItsLine) {
  expect_error("", 1, "an empty file", "a JSON object");
  expect_error(" \n\t\n", 1, "an empty file", "a JSON object");
  expect_error("{\n\"type\": \"FeatureCollection\",\n\"features\": [1 2]\n}", 3, "malformed JSON", "valid JSON");
  expect_error("{\n\"type\": \"FeatureCollection\",\n\"features\": [nope]\n}", 3, "malformed JSON", "valid JSON");
  expect_error("{\"a\": 1,\n\"b\": \"open\n}\n", 2, "malformed JSON", "valid JSON");
  expect_error("{\"a\": 1,\n\"b\": NaN}", 2, "malformed JSON", "valid JSON");
  expect_error("{\"a\": 1,\n\"b\": 1e999}", 2, "malformed JSON", "valid JSON");
  expect_error("{\"a\": 1,\n\n\"b\": \"\xff\"}", 3, "malformed JSON", "UTF-8");
  expect_error("{\"features\": [\n{\"type\": \"Feature\"}\n", 2, "malformed JSON", "valid JSON");
  expect_error("{\"type\": \"FeatureCollection\", \"features\": []}\n{}", 1, "malformed JSON", "valid JSON");
}

TEST(GeoJson, NestingWithoutEndIsRefused) {
  const auto parsed = parse("{\"a\": " + std::string(5000, '[') + std::string(5000, ']') + "}");
  ASSERT_EQ(parsed.errors.size(), 1u);
  EXPECT_THAT(parsed.errors[0].found, HasSubstr("malformed JSON"));
}

TEST(GeoJson, WhatIsNoFeatureCollectionIsRefused) {
  expect_error("[]", 1, "an empty array", "a GeoJSON FeatureCollection");
  expect_error("{\n\"type\": \"Feature\", \"features\": []}", 2, "the string \"Feature\"", "FeatureCollection");
  expect_error("{\"features\": []}", 1, "no type", "FeatureCollection");
  expect_error("{\"type\": \"FeatureCollection\"}", 1, "no features", "an array of features");
  expect_error("{\"type\": \"FeatureCollection\",\n\"features\": {}}", 2, "features: an object",
               "an array of features");
  expect_error(collection({"17"}), 2, "the number 17", "a Feature object");
  for (const char* scalar : {"17", "\"x\"", "null", "true"}) EXPECT_EQ(parse(scalar).errors.size(), 1u) << scalar;
}

TEST(GeoJson, MissingAndWrongPropertiesAreNamed) {
  expect_error(collection({feature(R"("kind": "area")", "Polygon", square)}), 2, "no id", "a string");
  expect_error(collection({feature(R"("id": 5, "kind": "area")", "Polygon", square)}), 2, "id: the number 5",
               "a string");
  expect_error(collection({feature(R"("id": "", "kind": "area")", "Polygon", square)}), 2, "an empty id", "not empty");
  expect_error(collection({feature(R"("id": "z")", "Polygon", square)}), 2, "no kind", "depot, exempt");
  expect_error(collection({feature(R"("id": "z", "kind": "garden")", "Polygon", square)}), 2, "\"garden\"",
               "depot, exempt");
  expect_error(collection({feature(R"("id": "z", "kind": "area", "site": 1)", "Polygon", square)}), 2,
               "site: ", "a string");
  expect_error(collection({feature(R"("id": "z", "kind": "area")", "Point", "[1,1]")}), 2, "no radius_m",
               "metres above 0");
  for (const char* bad : {"0", "-5", "\"5\"", "1e9"}) {
    expect_error(
        collection({feature(fmt::format(R"("id": "z", "kind": "area", "radius_m": {})", bad), "Point", "[1,1]")}), 2,
        "radius_m", "metres above 0");
    expect_error(collection({feature(fmt::format(R"("id": "r", "corridor_half_width_m": {})", bad), "LineString",
                                     "[[1,1],[2,2]]")}),
                 2, "corridor_half_width_m", "metres above 0");
  }
  expect_error(collection({feature(R"("id": "r")", "LineString", "[[1,1],[2,2]]")}), 2, "no corridor_half_width_m",
               "metres");
}

TEST(GeoJson, GeometryOfAnotherTypeIsRefused) {
  expect_error(collection({feature(R"("id": "z", "kind": "area")", "MultiPoint", "[[1,1]]")}), 2, "\"MultiPoint\"",
               "Polygon");
  expect_error(collection({R"({"type": "Feature", "properties": {"id": "z", "kind": "area"}, "geometry": null})"}), 2,
               "geometry: null", "a geometry object");
  expect_zone_error("[]", "an empty array", "an array of rings");
  expect_zone_error("[[]]", "an empty array", "a ring");
  expect_zone_error("[[[0,0],[1,0],5,[0,0]]]", "the number 5", "a position");
  expect_zone_error("[[[0,0],[1],[1,1],[0,0]]]", "a position of 1 numbers", "[longitude, latitude]");
  expect_zone_error("[[[0,0],[1,\"x\"],[1,1],[0,0]]]", "the string \"x\"", "[longitude, latitude]");
}

TEST(GeoJson, PositionsOutOfRangeAndPolesAreRefused) {
  expect_zone_error("[[[0,0],[181,0],[1,1],[0,0]]]", "longitude 181", "-180 to 180");
  expect_zone_error("[[[0,0],[1,91],[1,1],[0,0]]]", "latitude 91", "-90 to 90");
  expect_zone_error("[[[0,88],[1,89.5],[1,88],[0,88]]]", "too close to a pole", "-89 to 89");
  expect_error(collection({route("r", "[[0,-88],[0,-90]]")}), 2, "too close to a pole", "-89 to 89");
  expect_error(collection({feature(R"("id": "z", "kind": "area", "radius_m": 200000)", "Point", "[0, 88]")}), 2,
               "too close to a pole", "-89 to 89");
  expect_zone_error("[[[0,80],[120,80],[-120,80],[0,80]]]", "a ring around a pole", "not go around");
}

TEST(GeoJson, ARingMustBeClosedAndSimple) {
  expect_zone_error("[[[0,0],[1,0],[1,1],[0,1]]]", "an unclosed ring", "last position is its first");
  expect_zone_error("[[[0,0],[1,0],[0,0]]]", "without an area", "at least four positions");
  expect_zone_error("[[[0,0],[1,1],[2,2],[0,0]]]", "without an area", "encloses an area");
  expect_zone_error("[[[0,0],[1,1],[1,0],[0,2],[0,0]]]", "crosses itself", "neither themselves");
  expect_zone_error("[[[179,0],[-179,1],[-179,0],[179,2],[179,0]]]", "crosses itself", "neither themselves");
  expect_zone_error("[[[0,0],[4,0],[4,4],[0,4],[0,0]], [[3,1],[5,1],[5,2],[3,2],[3,1]]]", "cross each other",
                    "nor each other");
  expect_zone_error("[[[0,0],[4,0],[4,4],[0,4],[0,0]], [[5,1],[6,1],[6,2],[5,2],[5,1]]]", "a hole outside",
                    "within the first");
}

TEST(GeoJson, ALoopThroughItsOwnVertexCrossesItself) {
  expect_zone_error("[[[0,0],[1,1],[2,2],[2,0],[1,1],[0,2],[0,0]]]", "crosses itself", "neither");
  expect_zone_error("[[[0,0],[2,2],[2,0],[1,1],[0,2],[0,0]]]", "crosses itself", "neither");  // amid an edge
}

TEST(GeoJson, TouchingIsNoCrossing) {
  const std::vector<std::string> good = {
      "[[[0,0],[1,1],[2,0],[2,2],[1,1],[0,2],[0,0]]]",                       // two loops, one vertex
      "[[[0,0],[4,0],[2,2],[4,4],[0,4],[2,2],[0,0]]]",                       //
      "[[[0,0],[4,0],[4,4],[0,4],[0,0]], [[0,1],[1,1],[1,2],[0,2],[0,1]]]",  // a hole at the edge
      "[[[0,0],[4,0],[4,4],[0,4],[0,0]], [[1,1],[2,1],[2,2],[1,1]], [[2,2],[3,2],[3,3],[2,2]]]",  // holes in a vertex
      "[[[0,0],[4,0],[4,4],[2,4],[2,3],[3,3],[3,1],[1,1],[1,3],[2,3],[2,4],[0,4],[0,0]]]",        // a cut to its hole
      "[[[0,0],[0,0],[1,0],[1,0],[1,1],[0,1],[0,1],[0,0]]]",                                      // vertices twice
      "[[[0,0],[3,1],[1.5,0.5],[0,1],[0,0]]]",                                                    // on a slanted edge
  };
  for (const auto& coordinates : good) {
    const auto parsed = parse(collection({zone("z", coordinates)}));
    EXPECT_TRUE(parsed.errors.empty()) << coordinates << ": " << parsed.errors[0].found;
  }
}

TEST(GeoJson, AcrossTheAntimeridian) {
  const auto parsed = parse(collection(
      {zone("z", "[[[179,-1],[-179,-1],[-179,1],[179,1],[179,-1]]]"), route("r", "[[179.9,0],[-179.9,0]]")}));
  ASSERT_TRUE(parsed.errors.empty()) << parsed.errors[0].found;
  EXPECT_TRUE(parsed.model.index.contains(0, {0, 180}));
  EXPECT_FALSE(parsed.model.index.contains(0, {0, 0}));
  EXPECT_NEAR(parsed.model.routes[0].corridor.distance_m({0, 180}), 0, 1e-6);
  EXPECT_LT(parsed.model.zones[0].area_m2, 6e10);
}

TEST(GeoJson, TooWideIsRefused) {
  expect_zone_error("[[[-100,0],[0,0],[100,0],[100,1],[0,1],[-100,1],[-100,0]]]", "200 degrees", "at most 180");
  expect_error(collection({route("r", "[[0,0],[100,0]]")}), 2, "a step of 100 degrees", "at most 90");
  expect_error(collection({route("r", "[[-100,0],[-20,0],[60,0],[100,0]]")}), 2, "200 degrees", "at most 180");
}

TEST(GeoJson, ARouteOfOnePointIsRefused) {
  expect_error(collection({route("r", "[[1,1]]")}), 2, "a line of one position", "at least two");
  expect_error(collection({route("r", "[[1,1],[1,1]]")}), 2, "all the same", "at least two");
  expect_error(collection({route("r", "[]")}), 2, "an empty array", "at least two positions");
}

TEST(GeoJson, DuplicateIdsAreRefusedInOneFileAndAcrossFiles) {
  expect_error(collection({zone("z", square), zone("z", square)}), 3, "the zone id \"z\" a second time", "of its own");
  SiteModelBuilder builder;
  std::vector<ConfigError> errors;
  parse_geojson("one", collection({route("r", "[[0,0],[1,0]]")}), builder, errors);
  parse_geojson("two", collection({route("q", "[[0,0],[1,0]]"), route("r", "[[0,0],[1,0]]")}), builder, errors);
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].file, "two");
  EXPECT_EQ(errors[0].line, 3);
}

TEST(GeoJson, AllMistakesAreReportedAtOnceAndTheRestIsLoaded) {
  const auto parsed = parse(collection({
      feature(R"("kind": "garden")", "Polygon", "[[[0,0],[200,0],[1,1]]]"),  // id, kind, longitude
      zone("good", square),
      route("r", "[[0,0]]"),
      route("r", "[[0,0],[1,0]]"),
  }));
  std::vector<int> lines;
  for (const auto& error : parsed.errors) lines.push_back(error.line);
  EXPECT_EQ(lines, (std::vector<int>{2, 2, 2, 4, 5}));
  ASSERT_EQ(parsed.model.zones.size(), 1u);
  EXPECT_EQ(parsed.model.zones[0].id, "good");
  EXPECT_TRUE(parsed.model.routes.empty());
}

TEST(GeoJson, ErrorsInPrettyPrintedFilesShowTheLineOfThePosition) {
  const std::string text = R"({
  "type": "FeatureCollection",
  "features": [
    {
      "type": "Feature",
      "properties": {
        "id": "z",
        "kind": "shed"
      },
      "geometry": {
        "type": "Polygon",
        "coordinates": [
          [
            [0, 0],
            [1, 0],
            [1,
             95],
            [0, 0]
          ]
        ]
      }
    }
  ]
})";
  const auto parsed = parse(text);
  ASSERT_EQ(parsed.errors.size(), 2u);
  EXPECT_EQ(parsed.errors[0].line, 17);
  EXPECT_EQ(parsed.errors[1].line, 8);
}

TEST(GeoJson, TheContentHashIsOfTheContentAlone) {
  const std::string one = feature(R"("id": "z", "kind": "area", "site": "s")", "Polygon", square);
  const std::string same = feature(R"("site": "s", "x": 1, "kind": "area", "id": "z")", "Polygon",
                                   "[[[0.0,0],[1e0,0],[1,1],[-0.0,1],[0,0]]]");
  const std::string moved =
      feature(R"("id": "z", "kind": "area", "site": "s")", "Polygon", "[[[0,0],[1.0000001,0],[1,1],[0,1],[0,0]]]");
  const std::string other_kind = feature(R"("id": "z", "kind": "cargo", "site": "s")", "Polygon", square);
  const auto hash = [](const std::string& f) { return parse(collection({f})).model.zones.at(0).content_hash; };
  EXPECT_EQ(hash(one), hash(same));
  EXPECT_NE(hash(one), hash(moved));
  EXPECT_NE(hash(one), hash(other_kind));
  const auto route_hash = [](const std::string& f) { return parse(collection({f})).model.routes.at(0).content_hash; };
  EXPECT_NE(route_hash(route("r", "[[0,0],[1,0]]")), route_hash(route("r", "[[0,0],[1,1]]")));
  EXPECT_NE(route_hash(route("r", "[[0,0],[1,0]]")), route_hash(route("q", "[[0,0],[1,0]]")));
}

TEST(GeoJson, TheSiteIsThatOfTheSmallestZoneThatHasOne) {
  const auto with_site = [](const char* id, const char* site, const char* coordinates) {
    return feature(fmt::format(R"("id": "{}", "kind": "area", "site": "{}")", id, site), "Polygon", coordinates);
  };
  const auto parsed = parse(collection({with_site("a", "big", "[[[0,0],[9,0],[9,9],[0,9],[0,0]]]"),
                                        with_site("b", "small", "[[[1,1],[3,1],[3,3],[1,3],[1,1]]]"),
                                        zone("c", "[[[2,2],[2.1,2],[2.1,2.1],[2,2]]]")}));
  ASSERT_TRUE(parsed.errors.empty());
  EXPECT_EQ(parsed.model.smallest_site_at({2.05, 2.06}), "small");
  EXPECT_EQ(parsed.model.smallest_site_at({5, 5}), "big");
  EXPECT_EQ(parsed.model.smallest_site_at({-1, 5}), "");
}

TEST(GeoJson, FilesAreReadAndUnreadableOnesReported) {
  const auto path = std::filesystem::path(testing::TempDir()) / "geojson_test.geojson";
  std::ofstream(path) << "\xEF\xBB\xBF" << collection({zone("z", square)});
  SiteModelBuilder builder;
  std::vector<ConfigError> errors;
  load_geojson(path, builder, errors);
  EXPECT_TRUE(errors.empty());
  EXPECT_EQ(builder.build().zones.size(), 1u);
  load_geojson(path.string() + ".missing", builder, errors);
  load_geojson(testing::TempDir(), builder, errors);
  ASSERT_EQ(errors.size(), 2u);
  EXPECT_THAT(errors[0].found, HasSubstr("No such file"));
  EXPECT_THAT(errors[1].found, HasSubstr("can't be read"));
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace vigia
