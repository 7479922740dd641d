#include "operators/zones.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <boost/geometry/algorithms/correct.hpp>
#include <boost/geometry/algorithms/covered_by.hpp>
#include <boost/geometry/algorithms/distance.hpp>
#include <boost/geometry/geometries/linestring.hpp>
#include <boost/geometry/geometries/point_xy.hpp>
#include <boost/geometry/geometries/polygon.hpp>
#include <boost/geometry/strategies/strategies.hpp>
#include <random>
#include <string>

namespace vigia {
namespace {

namespace bg = boost::geometry;
using Point = bg::model::d2::point_xy<double>;
using BoostPolygon = bg::model::polygon<Point>;

Ring box(double west, double south, double east, double north) {
  return {{south, west}, {south, east}, {north, east}, {north, west}, {south, west}};
}
ZoneShape polygon(std::vector<Ring> rings) { return {{Polygon{std::move(rings)}}, std::nullopt}; }
ZoneShape circle(LatLon centre, double radius_m) { return {{}, Circle{centre, radius_m}}; }
ZoneIndex index_of(std::vector<ZoneShape> shapes) { return ZoneIndex(shapes); }

std::vector<Crossing> crossings(const ZoneIndex& index, LatLon a, LatLon b) {
  std::vector<Crossing> out;
  index.crossings(a, b, out);
  return out;
}
std::vector<std::uint32_t> zones_at(const ZoneIndex& index, LatLon p) {
  std::vector<std::uint32_t> out;
  index.zones_at(p, out);
  return out;
}

void expect_crossings(const std::vector<Crossing>& found, const std::vector<Crossing>& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_NEAR(found[i].fraction, expected[i].fraction, 1e-9) << i;
    EXPECT_EQ(found[i].zone, expected[i].zone) << i;
    EXPECT_EQ(found[i].entering, expected[i].entering) << i;
  }
}

// The laws of crossings(): alternating, leading from contains(a) to contains(b), in order, and each stretch between
// them what its middle says.
void expect_lawful(const ZoneIndex& index, LatLon a, LatLon b) {
  const auto all = crossings(index, a, b);
  ASSERT_TRUE(std::is_sorted(all.begin(), all.end(), [](const Crossing& x, const Crossing& y) {
    return std::tie(x.fraction, x.zone, x.entering) < std::tie(y.fraction, y.zone, y.entering);
  }));
  for (std::uint32_t zone = 0; zone < index.zone_count(); ++zone) {
    bool inside = index.contains(zone, a);
    double from = 0;
    for (const Crossing& crossing : all) {
      if (crossing.zone != zone) continue;
      ASSERT_NE(crossing.entering, inside) << "zone " << zone;
      ASSERT_TRUE(crossing.fraction >= from && crossing.fraction <= 1);
      const double middle = (from + crossing.fraction) / 2;
      const bool long_enough = crossing.fraction - from > 1e-6;
      ASSERT_TRUE(!long_enough || index.contains(zone, interpolate(a, b, middle)) == inside);
      inside = crossing.entering;
      from = crossing.fraction;
    }
    ASSERT_EQ(inside, index.contains(zone, b)) << "zone " << zone;
  }
  if (index.none_near(a, b)) {
    EXPECT_TRUE(all.empty());
    EXPECT_TRUE(zones_at(index, a).empty());
    EXPECT_TRUE(zones_at(index, b).empty());
  }
}

TEST(Zones, ACircleCrossedBetweenTwoFixes) {
  const double deg = 500 / metres_per_degree;
  const auto index = index_of({circle({0, 0.72}, 500)});
  expect_crossings(crossings(index, {0, 0.72 - 2 * deg}, {0, 0.72 + 2 * deg}), {{0.25, 0, true}, {0.75, 0, false}});
}

TEST(Zones, ExactlyTheRadiusIsInside) {
  const auto index = index_of({circle({0, 10}, 500)});
  EXPECT_TRUE(index.contains(0, {0, 10 + 500 / metres_per_degree}));
  EXPECT_TRUE(index.contains(0, {500 / metres_per_degree, 10}));
  EXPECT_FALSE(index.contains(0, {500.001 / metres_per_degree, 10}));
}

TEST(Zones, TheBoundaryOfAPolygonAndOfItsHoleIsInside) {
  const auto index = index_of({polygon({box(0, 0, 3, 3), box(1, 1, 2, 2)})});
  for (const LatLon p :
       {LatLon{0, 0}, {0, 1.5}, {3, 3}, {1.5, 0}, {1.5, 3}, {1, 1}, {1, 1.5}, {2, 2}, {1.5, 1}, {0.5, 0.5}}) {
    EXPECT_TRUE(index.contains(0, p)) << p.lat_deg << ' ' << p.lon_deg;
  }
  for (const LatLon p : {LatLon{1.5, 1.5}, {-1e-9, 1}, {1, 3 + 1e-9}, {1 + 1e-9, 1.5}}) {
    EXPECT_FALSE(index.contains(0, p)) << p.lat_deg << ' ' << p.lon_deg;
  }
}

TEST(Zones, AHoleIsLeftAndEnteredAgain) {
  const auto index = index_of({polygon({box(0, 0, 3, 3), box(1, 1, 2, 2)})});
  expect_crossings(crossings(index, {1.5, -1}, {1.5, 4}),
                   {{0.2, 0, true}, {0.4, 0, false}, {0.6, 0, true}, {0.8, 0, false}});
}

TEST(Zones, AHorseshoeIsCrossedTwice) {
  const Ring horseshoe = {{0, 0}, {0, 3}, {3, 3}, {3, 2}, {1, 2}, {1, 1}, {3, 1}, {3, 0}, {0, 0}};
  const auto index = index_of({polygon({horseshoe})});
  expect_crossings(crossings(index, {2, -1}, {2, 4}),
                   {{0.2, 0, true}, {0.4, 0, false}, {0.6, 0, true}, {0.8, 0, false}});
  EXPECT_FALSE(index.contains(0, {2, 1.5}));
}

TEST(Zones, PolygonsOfOneZoneThatShareAnEdgeAreOnePlace) {
  const auto index = index_of({{{Polygon{{box(0, 0, 1, 1)}}, Polygon{{box(1, 0, 2, 1)}}}, std::nullopt}});
  expect_crossings(crossings(index, {0.5, -1}, {0.5, 3}), {{0.25, 0, true}, {0.75, 0, false}});
  EXPECT_EQ(zones_at(index, {0.5, 1}), std::vector<std::uint32_t>{0});
}

TEST(Zones, ZonesThatShareAnEdgeAreBothThere) {
  const auto index = index_of({polygon({box(0, 0, 1, 1)}), polygon({box(1, 0, 2, 1)})});
  expect_crossings(crossings(index, {0.5, -1}, {0.5, 3}),
                   {{0.25, 0, true}, {0.5, 0, false}, {0.5, 1, true}, {0.75, 1, false}});
  EXPECT_EQ(zones_at(index, {0.5, 1}), (std::vector<std::uint32_t>{0, 1}));
}

TEST(Zones, ATouchIsNoCrossing) {
  const Ring diamond = {{0, 1}, {1, 2}, {2, 1}, {1, 0}, {0, 1}};
  const auto index = index_of({polygon({diamond}), circle({1, 10}, metres_per_degree)});
  EXPECT_TRUE(crossings(index, {0, 0}, {0, 2}).empty());
  EXPECT_TRUE(crossings(index, {2, 0}, {2, 2}).empty());
  EXPECT_TRUE(crossings(index, {0, 9}, {-0.0001, 11}).empty());
}

TEST(Zones, StoppingOnTheEdgeEntersThere) {
  const auto index = index_of({polygon({box(0, 0, 1, 1)})});
  expect_crossings(crossings(index, {0.5, -1}, {0.5, 0}), {{1, 0, true}});
  expect_crossings(crossings(index, {0.5, 0}, {0.5, -1}), {{0, 0, false}});
  EXPECT_TRUE(crossings(index, {0.5, 0}, {0.5, 0.5}).empty());
}

TEST(Zones, AlongAnEdgeIsInside) {
  const auto index = index_of({polygon({box(0, 0, 1, 1)})});
  expect_crossings(crossings(index, {0, -1}, {0, 3}), {{0.25, 0, true}, {0.5, 0, false}});
}

TEST(Zones, AWayOfNoLengthCrossesNothing) {
  const auto index = index_of({polygon({box(0, 0, 1, 1)}), circle({0, 0}, 100)});
  EXPECT_TRUE(crossings(index, {0, 0}, {0, 0}).empty());
  EXPECT_TRUE(crossings(index, {0.5, 0.5}, {0.5, 0.5}).empty());
}

TEST(Zones, VerticesGivenTwiceChangeNothing) {
  const Ring doubled = {{0, 0}, {0, 0}, {0, 1}, {0, 1}, {0, 1}, {1, 1}, {1, 0}, {1, 0}, {0, 0}, {0, 0}};
  const auto index = index_of({polygon({doubled})});
  EXPECT_TRUE(index.contains(0, {0.5, 0.5}));
  EXPECT_FALSE(index.contains(0, {0.5, 1.5}));
  expect_crossings(crossings(index, {0, -1}, {1, 2}), {{1.0 / 3, 0, true}, {2.0 / 3, 0, false}});
}

TEST(Zones, APolygonAcrossTheAntimeridianHoweverItIsGiven) {
  const Ring jumping = {{-1, 179}, {-1, -179}, {1, -179}, {1, 179}, {-1, 179}};
  const Ring from_the_west = {{-1, -179}, {1, -179}, {1, 179}, {-1, 179}, {-1, -179}};
  const ZoneShape cut = {{Polygon{{box(179, -1, 180, 1)}}, Polygon{{box(-180, -1, -179, 1)}}}, std::nullopt};
  for (const ZoneShape& shape : {polygon({jumping}), polygon({from_the_west}), cut}) {
    const auto index = index_of({shape});
    for (const double lon : {179.5, 180.0, -180.0, -179.5, 179.0, -179.0})
      EXPECT_TRUE(index.contains(0, {0, lon})) << lon;
    for (const double lon : {178.9, -178.9, 0.0}) EXPECT_FALSE(index.contains(0, {0, lon})) << lon;
    EXPECT_FALSE(index.none_near({0, 178}, {0, -178}));
    EXPECT_TRUE(index.none_near({0, 170}, {0, -170}) == false);
    EXPECT_TRUE(index.none_near({0, 100}, {0, -100}) == false);
    EXPECT_TRUE(index.none_near({0, -90}, {0, 80}));
    expect_crossings(crossings(index, {0, 178}, {0, -178}), {{0.25, 0, true}, {0.75, 0, false}});
    expect_crossings(crossings(index, {0, -178}, {0, 178}), {{0.25, 0, true}, {0.75, 0, false}});
    EXPECT_TRUE(crossings(index, {0, 180}, {0, -180}).empty());
  }
}

TEST(Zones, ACircleAcrossTheAntimeridian) {
  const auto index = index_of({circle({0, 179.9999}, 10'000)});
  EXPECT_TRUE(index.contains(0, {0, -179.95}));
  EXPECT_TRUE(index.contains(0, {0, 179.95}));
  const auto found = crossings(index, {0, 179}, {0, -179});
  ASSERT_EQ(found.size(), 2u);
  EXPECT_NEAR(found[0].fraction, 0.49995 - 10'000 / metres_per_degree / 2, 1e-9);
  EXPECT_NEAR(found[1].fraction, 0.49995 + 10'000 / metres_per_degree / 2, 1e-9);
}

TEST(Zones, ALongGapCrossesEverythingOnItsWay) {
  std::vector<ZoneShape> shapes;
  for (int i = 0; i < 50; ++i) shapes.push_back(polygon({box(i + 0.4, -0.1, i + 0.6, 0.1)}));
  for (int i = 0; i < 50; ++i) shapes.push_back(polygon({box(i + 0.4, 5, i + 0.6, 5.2)}));
  const auto index = index_of(shapes);
  const auto found = crossings(index, {0, 0}, {0, 50});
  ASSERT_EQ(found.size(), 100u);
  for (std::uint32_t i = 0; i < 50; ++i) {
    EXPECT_EQ(found[2 * i].zone, i);
    EXPECT_TRUE(found[2 * i].entering);
    EXPECT_NEAR(found[2 * i].fraction, (i + 0.4) / 50, 1e-12);
    EXPECT_FALSE(found[2 * i + 1].entering);
  }
}

TEST(Zones, AnIndexOfNoZones) {
  const ZoneIndex index;
  EXPECT_TRUE(index.none_near({0, 0}, {0, 1}));
  EXPECT_TRUE(crossings(index, {0, 0}, {0, 1}).empty());
  EXPECT_EQ(index.zone_count(), 0u);
}

// A star around the centre: simple, of any raggedness; some vertices twice, some on a coarse lattice.
Ring random_star(std::mt19937_64& random, LatLon centre, double size_deg) {
  std::uniform_real_distribution<double> radius(0.3, 1);
  const int n = 3 + static_cast<int>(random() % 60);
  Ring ring;
  for (int i = 0; i < n; ++i) {
    const double angle = 2 * std::numbers::pi * i / n, r = size_deg * radius(random);
    ring.push_back({centre.lat_deg + r * std::sin(angle), centre.lon_deg + r * std::cos(angle)});
    if (random() % 5 == 0) ring.push_back(ring.back());
  }
  ring.push_back(ring[0]);
  return ring;
}

TEST(Zones, ContainsAgreesWithBoostGeometry) {
  const std::uint64_t seed = 7351;
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  int inside_count = 0, count = 0;
  for (int round = 0; round < 120; ++round) {
    const LatLon centre = round % 2 ? LatLon{-2.2, -79.9} : LatLon{50, 179.9};
    const double size_deg = std::exp(std::uniform_real_distribution<double>(-7, 0)(random));
    const Ring outer = random_star(random, centre, size_deg);
    const Ring hole = random_star(random, centre, size_deg * 0.25);
    BoostPolygon reference;
    for (LatLon p : outer) bg::append(reference.outer(), Point(p.lon_deg, p.lat_deg));
    reference.inners().resize(1);
    for (LatLon p : hole) bg::append(reference.inners()[0], Point(p.lon_deg, p.lat_deg));
    bg::correct(reference);
    Polygon given{{outer, hole}};
    for (Ring& ring : given.rings) {
      for (LatLon& p : ring) p.lon_deg = wrap_lon_deg(p.lon_deg);
    }
    const auto index = index_of({{{given}, std::nullopt}});
    std::uniform_real_distribution<double> off(-1.2 * size_deg, 1.2 * size_deg);
    for (int i = 0; i < 200; ++i) {
      LatLon p{centre.lat_deg + off(random), centre.lon_deg + off(random)};
      if (i % 4 == 0) p.lat_deg = outer[random() % outer.size()].lat_deg;  // level with a vertex
      const Point q(p.lon_deg, p.lat_deg);
      double edge_distance =
          bg::distance(q, bg::model::linestring<Point>(reference.outer().begin(), reference.outer().end()));
      edge_distance = std::min(
          edge_distance,
          bg::distance(q, bg::model::linestring<Point>(reference.inners()[0].begin(), reference.inners()[0].end())));
      if (edge_distance < 1e-11) continue;  // there rounding decides
      const bool expected = bg::covered_by(q, reference);
      ASSERT_EQ(index.contains(0, {p.lat_deg, wrap_lon_deg(p.lon_deg)}), expected)
          << "round " << round << " point " << i;
      inside_count += expected;
      ++count;
    }
  }
  EXPECT_GT(inside_count, count / 10);
  EXPECT_LT(inside_count, count * 9 / 10);
}

std::vector<ZoneShape> random_shapes(std::mt19937_64& random, LatLon around, double spread_deg, int count) {
  std::uniform_real_distribution<double> off(-spread_deg, spread_deg);
  std::vector<ZoneShape> shapes;
  for (int i = 0; i < count; ++i) {
    const LatLon centre{around.lat_deg + off(random), around.lon_deg + off(random)};
    const double size_deg = spread_deg * std::exp(std::uniform_real_distribution<double>(-4, -1)(random));
    if (i % 3 == 0) {
      shapes.push_back(circle({centre.lat_deg, wrap_lon_deg(centre.lon_deg)}, size_deg * metres_per_degree));
      continue;
    }
    ZoneShape shape;
    for (std::uint64_t part = 0; part <= random() % 3; ++part) {
      const LatLon at{centre.lat_deg + size_deg * static_cast<double>(part), centre.lon_deg};
      shape.polygons.push_back({{random_star(random, at, size_deg), random_star(random, at, size_deg * 0.2)}});
    }
    for (Polygon& p : shape.polygons) {
      for (Ring& ring : p.rings) {
        for (LatLon& v : ring) v.lon_deg = wrap_lon_deg(v.lon_deg);
      }
    }
    shapes.push_back(shape);
  }
  return shapes;
}

TEST(Zones, CrossingsAreLawfulOnRandomWays) {
  const std::uint64_t seed = 99;
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  std::size_t seen = 0;
  for (const LatLon around : {LatLon{-2.2, -79.9}, LatLon{0, 180}, LatLon{-70, -179.5}, LatLon{87, 30}}) {
    for (const double spread_deg : {0.02, 1.0}) {
      const auto shapes = random_shapes(random, around, spread_deg, 12);
      const auto index = index_of(shapes);
      std::uniform_real_distribution<double> off(-1.5 * spread_deg, 1.5 * spread_deg);
      const auto somewhere = [&]() -> LatLon {
        if (random() % 4 == 0) {  // exactly on a vertex
          const ZoneShape& shape = shapes[random() % shapes.size()];
          if (!shape.polygons.empty()) return shape.polygons[0].rings[0][random() % shape.polygons[0].rings[0].size()];
        }
        return {std::clamp(around.lat_deg + off(random), -90.0, 90.0), wrap_lon_deg(around.lon_deg + off(random))};
      };
      for (int i = 0; i < 500; ++i) {
        const LatLon a = somewhere(),
                     b = i % 10 == 0 ? LatLon{a.lat_deg, wrap_lon_deg(a.lon_deg + off(random) * 20)} : somewhere();
        ASSERT_NO_FATAL_FAILURE(expect_lawful(index, a, b)) << "way " << i;
        seen += crossings(index, a, b).size();
      }
    }
  }
  EXPECT_GT(seen, 1000u);
}

TEST(Zones, ChainsOfShortWaysFindWhatTheLongWayFinds) {
  const std::uint64_t seed = 5;
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const auto index = index_of(random_shapes(random, {10, 180}, 0.5, 15));
  std::uniform_real_distribution<double> off(-0.8, 0.8);
  for (int way = 0; way < 100; ++way) {
    const LatLon a{10 + off(random), wrap_lon_deg(180 + off(random))},
        b{10 + off(random), wrap_lon_deg(180 + off(random))};
    const auto whole = crossings(index, a, b);
    std::vector<Crossing> chained;
    constexpr int steps = 37;
    for (int i = 0; i < steps; ++i) {
      for (Crossing c :
           crossings(index, interpolate(a, b, double(i) / steps), interpolate(a, b, double(i + 1) / steps))) {
        c.fraction = (i + c.fraction) / steps;
        chained.push_back(c);
      }
    }
    expect_crossings(chained, whole);
  }
}

TEST(Zones, ThePrefilterHidesNothing) {
  const std::uint64_t seed = 42;
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const auto index = index_of(random_shapes(random, {0, 179}, 3, 40));
  std::uniform_real_distribution<double> lat(-5, 5), lon(170, 190), near(-0.05, 0.05);
  int skipped = 0;
  for (int i = 0; i < 20'000; ++i) {
    const LatLon a{lat(random), wrap_lon_deg(lon(random))};
    const LatLon b{a.lat_deg + near(random), wrap_lon_deg(a.lon_deg + near(random))};
    std::vector<std::uint32_t> slowly;
    for (std::uint32_t zone = 0; zone < index.zone_count(); ++zone) {
      if (index.contains(zone, a)) slowly.push_back(zone);
    }
    ASSERT_EQ(zones_at(index, a), slowly);
    if (!index.none_near(a, b)) continue;
    ++skipped;
    for (const double t : {0.0, 0.1, 0.5, 0.77, 1.0}) ASSERT_TRUE(zones_at(index, interpolate(a, b, t)).empty());
  }
  EXPECT_GT(skipped, 5'000);
}

}  // namespace
}  // namespace vigia
