#include "operators/geo.h"

#include <gtest/gtest.h>

namespace vigia {
namespace {

TEST(Geo, OneDegreeOfMeridianIsTheRadiusTimesItsAngle) {
  EXPECT_NEAR(distance_m({0, 10}, {1, 10}), metres_per_degree, 1e-6);
  EXPECT_NEAR(metres_per_degree, 111'195.0802, 1e-3);
}

TEST(Geo, HalfTheEarthIsPiTimesTheRadius) {
  EXPECT_NEAR(distance_m({0, 0}, {0, 180}), std::numbers::pi * earth_radius_m, 1e-3);
  EXPECT_NEAR(distance_m({90, 0}, {-90, 57}), std::numbers::pi * earth_radius_m, 1e-3);
}

TEST(Geo, DistanceIsZeroOnlyToItselfAndSymmetric) {
  const LatLon quito{-0.1807, -78.4678}, guayaquil{-2.1894, -79.8891};
  EXPECT_EQ(distance_m(quito, quito), 0);
  EXPECT_EQ(distance_m(quito, guayaquil), distance_m(guayaquil, quito));
  EXPECT_NEAR(distance_m(quito, guayaquil), 273'600, 600);
}

TEST(Geo, DistanceGoesOverTheAntimeridian) {
  EXPECT_NEAR(distance_m({0, 179.9}, {0, -179.9}), 0.2 * metres_per_degree, 1e-6);
}

TEST(Geo, TheProjectionUsesTheCosineOfItsOrigin) {
  const PlanePoint p = project({60, 10}, {61, 12});
  EXPECT_NEAR(p.x_m, 2 * metres_per_degree * 0.5, 1e-6);
  EXPECT_NEAR(p.y_m, metres_per_degree, 1e-6);
}

TEST(Geo, TheProjectionWrapsLongitude) {
  EXPECT_NEAR(project({0, 179.5}, {0, -179.5}).x_m, metres_per_degree, 1e-6);
  EXPECT_NEAR(project({0, -179.5}, {0, 179.5}).x_m, -metres_per_degree, 1e-6);
}

TEST(Geo, TheProjectionAgreesWithHaversineNearby) {
  const LatLon a{-2.19, -79.89};
  for (const LatLon b : {LatLon{-2.191, -79.89}, LatLon{-2.19, -79.889}, LatLon{-2.1895, -79.8904}}) {
    const PlanePoint p = project(a, b);
    EXPECT_NEAR(std::hypot(p.x_m, p.y_m), distance_m(a, b), 0.001);
  }
}

TEST(Geo, ExactlyTheLimitIsWithin) {
  EXPECT_TRUE(within_m(100.0, 100.0));
  EXPECT_TRUE(within_m(std::nextafter(100.0, 101.0), 100.0));
  EXPECT_FALSE(within_m(100.0001, 100.0));
}

TEST(Geo, InterpolationGoesTheShortWayRound) {
  const LatLon middle = interpolate({10, 179}, {20, -179}, 0.75);
  EXPECT_NEAR(middle.lat_deg, 17.5, 1e-12);
  EXPECT_NEAR(middle.lon_deg, -179.5, 1e-12);
}

}  // namespace
}  // namespace vigia
