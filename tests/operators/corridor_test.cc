#include "operators/corridor.h"

#include <gtest/gtest.h>

#include <boost/geometry/algorithms/distance.hpp>
#include <boost/geometry/geometries/linestring.hpp>
#include <boost/geometry/geometries/point_xy.hpp>
#include <boost/geometry/strategies/strategies.hpp>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <random>
#include <sstream>
#include <string>

namespace vigia {
namespace {

namespace bg = boost::geometry;
using Point = bg::model::d2::point_xy<double>;
using Line = std::vector<LatLon>;

// The definition, word by word: project on the plane tangent at the fix and measure there.
double reference_distance_m(const std::vector<Line>& lines, LatLon fix) {
  double least = std::numeric_limits<double>::infinity();
  for (const Line& line : lines) {
    bg::model::linestring<Point> projected;
    for (std::size_t i = 0; i < line.size(); ++i) {
      PlanePoint p = project(fix, line[i]);
      if (i > 0) {  // go on from the point before, the short way round
        const double step_deg = wrap_lon_deg(line[i].lon_deg - line[i - 1].lon_deg);
        p.x_m = projected.back().x() + step_deg * metres_per_degree * std::cos(fix.lat_deg * radians_per_degree);
      }
      projected.push_back({p.x_m, p.y_m});
    }
    least = std::min(least, bg::distance(Point(0, 0), projected));
  }
  return least;
}

Line random_line(std::mt19937_64& random, LatLon start, double step_deg, int points) {
  std::normal_distribution<double> step(0, step_deg);
  Line line{start};
  for (int i = 1; i < points; ++i) {
    LatLon next = line.back();
    if (random() % 8 != 0) {  // else a zero-length segment
      next.lat_deg = std::clamp(next.lat_deg + step(random), -88.9, 88.9);
      next.lon_deg = wrap_lon_deg(next.lon_deg + step(random));
    }
    line.push_back(next);
  }
  return line;
}

// A fix near the route: off a point of it by up to three half widths.
LatLon random_fix(std::mt19937_64& random, const std::vector<Line>& lines, double half_width_m) {
  const Line& line = lines[random() % lines.size()];
  const std::size_t i = random() % line.size();
  const LatLon at = interpolate(line[i], line[std::min(i + 1, line.size() - 1)],
                                std::uniform_real_distribution<double>(0, 1)(random));
  std::uniform_real_distribution<double> off(-3 * half_width_m, 3 * half_width_m);
  const double lat = std::clamp(at.lat_deg + off(random) / metres_per_degree, -89.9, 89.9);
  return {lat, wrap_lon_deg(at.lon_deg + off(random) / metres_per_degree / std::cos(lat * radians_per_degree))};
}

TEST(Corridor, AgreesWithBoostGeometryWhateverTheHint) {
  const std::uint64_t seed = 20260305;
  RecordProperty("seed", std::to_string(seed));
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const std::vector<LatLon> starts = {{-2.19, -79.89}, {0, 179.999}, {10, -179.99}, {60, 24},
                                      {88.5, 10},      {-80, 179.9}, {0, 0}};
  int inside_count = 0, count = 0;
  for (int round = 0; round < 140; ++round) {
    const LatLon start = starts[static_cast<std::size_t>(round) % starts.size()];
    const double half_width_m = std::exp(std::uniform_real_distribution<double>(0, 9)(random));
    const double step_deg = std::exp(std::uniform_real_distribution<double>(-9, -3)(random));
    std::vector<Line> lines;
    for (std::uint64_t i = 0; i <= random() % 3; ++i) {
      lines.push_back(random_line(random, start, step_deg, 2 + static_cast<int>(random() % 60)));
    }
    const Corridor corridor(lines, half_width_m);
    std::uint32_t travelling_hint = Corridor::no_segment;
    for (int i = 0; i < 100; ++i, ++count) {
      const LatLon fix = random_fix(random, lines, half_width_m);
      const double expected_m = reference_distance_m(lines, fix);
      const double distance = corridor.distance_m(fix);
      ASSERT_NEAR(distance, expected_m, 1e-6 + 1e-9 * expected_m) << "round " << round;
      const bool inside = distance <= half_width_m + rounding_m;
      std::uint32_t none = Corridor::no_segment;
      std::uint32_t wild = static_cast<std::uint32_t>(random() % 200);
      ASSERT_EQ(corridor.inside(fix, none), inside)
          << "round " << round << " distance " << distance << " of " << half_width_m;
      ASSERT_EQ(corridor.inside(fix, wild), inside);
      ASSERT_EQ(corridor.inside(fix, travelling_hint), inside);
      inside_count += inside;
    }
  }
  EXPECT_GT(inside_count, count / 10);
  EXPECT_LT(inside_count, count * 9 / 10);
}

TEST(Corridor, ExactlyTheHalfWidthIsInside) {
  const std::vector<Line> equator = {{{0, 0}, {0, 0.2}}};
  const Corridor corridor(equator, 200);
  std::uint32_t hint = Corridor::no_segment;
  const double exactly_deg = 200 / metres_per_degree;
  EXPECT_TRUE(corridor.inside({exactly_deg, 0.1}, hint));
  EXPECT_TRUE(corridor.inside({-exactly_deg, 0.1}, hint));
  EXPECT_FALSE(corridor.inside({200.001 / metres_per_degree, 0.1}, hint));
}

TEST(Corridor, PastTheEndTheDistanceIsToTheEndPoint) {
  const std::vector<Line> equator = {{{0, 0}, {0, 0.2}}};
  const Corridor corridor(equator, 200);
  EXPECT_NEAR(corridor.distance_m({0, 0.3}), 0.1 * metres_per_degree, 1e-6);
  EXPECT_NEAR(corridor.distance_m({0.3, -0.4}), 0.5 * metres_per_degree, 1);
}

TEST(Corridor, TheCosineIsThatOfTheFix) {
  const std::vector<Line> meridian = {{{50, 10}, {70, 10}}};
  EXPECT_NEAR(Corridor(meridian, 100).distance_m({60, 11}), 0.5 * metres_per_degree, 1e-6);
}

TEST(Corridor, TheHintMovesWithTheTruckAndStaysWhenItIsOutside) {
  const std::vector<Line> line = {{{0, 0}, {0, 0.1}, {0, 0.2}, {0, 0.3}}};
  const Corridor corridor(line, 100);
  std::uint32_t hint = Corridor::no_segment;
  EXPECT_TRUE(corridor.inside({0, 0.05}, hint));
  EXPECT_EQ(hint, 0u);
  EXPECT_TRUE(corridor.inside({0, 0.25}, hint));
  EXPECT_EQ(hint, 2u);
  EXPECT_FALSE(corridor.inside({1, 0.25}, hint));
  EXPECT_EQ(hint, 2u);
}

TEST(Corridor, OfNoRouteHasNothingInside) {
  std::uint32_t hint = 0;
  EXPECT_FALSE(Corridor().inside({0, 0}, hint));
  EXPECT_EQ(Corridor().distance_m({0, 0}), std::numeric_limits<double>::infinity());
}

TEST(Corridor, ALineOfOneRepeatedPointIsACircle) {
  const std::vector<Line> point = {{{5, 5}, {5, 5}, {5, 5}}};
  const Corridor corridor(point, 100);
  std::uint32_t hint = Corridor::no_segment;
  EXPECT_TRUE(corridor.inside({5.0008, 5}, hint));
  EXPECT_FALSE(corridor.inside({5.0010, 5}, hint));
}

// Recorded buses and the lines they should follow.
class RecordedBuses : public testing::Test {
 protected:
  void SetUp() override {
    const char* root = std::getenv("VIGIA_SHARED_DATA");
    root_ = root ? root : VIGIA_SOURCE_DIR "/../shared/data";
    root_ /= "wmata_avl_gtfs";
    if (!std::filesystem::exists(root_)) GTEST_SKIP() << "no recording at " << root_;
  }

  static std::vector<std::string> fields(const std::string& line) {
    std::vector<std::string> out;
    std::istringstream in(line);
    for (std::string field; std::getline(in, field, ',');) out.push_back(field);
    return out;
  }

  std::vector<Line> shapes(const std::string& route) const {
    std::ifstream in(root_ / "gtfs" / route / "shapes.txt");
    std::map<std::string, Line> lines;
    std::string row;
    std::getline(in, row);
    while (std::getline(in, row)) {
      const auto f = fields(row);
      if (f.size() < 4) continue;
      lines[f[0]].push_back({std::stod(f[2]), std::stod(f[3])});
    }
    std::vector<Line> out;
    for (auto& [id, line] : lines) out.push_back(line);
    return out;
  }

  int fixes_outside(const std::string& file, const std::vector<Line>& lines, double half_width_m) const {
    const Corridor corridor(lines, half_width_m);
    std::ifstream in(root_ / "avl" / file);
    std::string row;
    std::getline(in, row);
    std::uint32_t hint = Corridor::no_segment;
    int outside = 0;
    while (std::getline(in, row)) {
      const auto f = fields(row);
      if (f.size() < 7) continue;
      outside += !corridor.inside({std::stod(f[5]), std::stod(f[6])}, hint);
    }
    return outside;
  }

  std::filesystem::path root_;
};

TEST_F(RecordedBuses, LeaveTheirCorridorAsOftenAsIsKnown) {
  EXPECT_EQ(fixes_outside("3T_3757.csv", shapes("3T"), 100), 1);
  EXPECT_EQ(fixes_outside("5A_8062.csv", shapes("5A"), 100), 3);
  EXPECT_EQ(fixes_outside("S2_2113.csv", shapes("S2"), 100), 5);
  EXPECT_EQ(fixes_outside("3T_3757.csv", shapes("3T"), 500), 0);
  EXPECT_EQ(fixes_outside("5A_8062.csv", shapes("5A"), 500), 0);
  EXPECT_EQ(fixes_outside("S2_2113.csv", shapes("S2"), 500), 0);
}

TEST_F(RecordedBuses, AreOutsideOnAnotherRoute) { EXPECT_GT(fixes_outside("S2_2113.csv", shapes("5A"), 500), 50); }

}  // namespace
}  // namespace vigia
