// report_distance on the kit (semantics 3.9).
#include <gtest/gtest.h>

#include "tests/operators/kit/operator_kit.h"

namespace vigia::kit {
namespace {

const std::string rule = "{id: way, kind: report_distance, distance_m: 1500}";

TEST(ReportDistance, StrictlyMoreBetweenFixes) {
  check({.rules = rule,
         .lines = {start(at(0)), ping(at(1), {0, 0}), ping(at(3), {1499.99, 0}), mute(at(4)), ping(at(5), {3000, 0}),
                   ping(at(7), {4500.02, 0})},
         .expected = {{"way", at(3), at(5), "cleared"}, {"way", at(5), at(7), "cleared"}}});
}

TEST(ReportDistance, AStrayFixIsNoPosition) {
  check({.rules = rule,
         .lines = {start(at(0)), ping(at(1), {0, 0}), ping(at(2), {60'000, 0}), ping(at(3), {500, 0}),
                   ping(at(4), {900, 0})},
         .expected = {}});
}

TEST(ReportDistance, ALatePositionBetweenTakesItAway) {
  check({.rules = rule,
         .lines = {start(at(0)), ping(at(1), {0, 0}, {.sequence = 1}), ping(at(9), {2000, 0}, {.sequence = 3}),
                   ping(at(5), {1000, 0}, {.sequence = 2, .buffered = true, .delay_ms = hour_ms})},
         .expected = {},
         .told = {"cleared", "withdrawn"}});
}

}  // namespace
}  // namespace vigia::kit
