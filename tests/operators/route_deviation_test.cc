// route_deviation on the kit.
#include <gtest/gtest.h>

#include "tests/operators/kit/operator_kit.h"

namespace vigia::kit {
namespace {

const std::string rule = "{id: corridor, kind: route_deviation, confirmations: 2}";  // of a half-width of 200 m

TEST(RouteDeviation, RaisedByTheSecondOutsideAndClearedByTheSecondInside) {
  check({.rules = rule,
         .lines = {start(at(0)), ping(at(1), {2000, 0}), ping(at(2), {2500, 300}), ping(at(3), {3000, 400}),
                   ping(at(4), {3500, 0}), ping(at(5), {4000, 400}), ping(at(6), {4500, 0}), ping(at(7), {5000, 0})},
         .expected = {{"corridor", at(2), at(6), "cleared"}},
         .told = {"confirmed", "cleared"}});
}

TEST(RouteDeviation, ExactlyTheHalfWidthIsInside) {
  check({.rules = rule,
         .lines = {start(at(0)), ping(at(1), {2000, 200}), ping(at(2), {2500, -200}), ping(at(3), {3000, 200})},
         .expected = {}});
  check({.rules = rule,
         .lines = {start(at(0)), ping(at(1), {2000, 200.01}), ping(at(2), {2500, -200.01})},
         .expected = {{"corridor", at(1), 0, "confirmed"}}});
}

TEST(RouteDeviation, JitterAtTheEdgeIsNone) {
  std::vector<Line> lines{start(at(0))};
  for (int i = 1; i < 30; ++i) lines.push_back(ping(at(i), {2000.0 + i * 400, i % 2 ? 205.0 : 195.0}));
  check({.rules = rule, .lines = lines, .expected = {}});
}

TEST(RouteDeviation, ALatePositionInsideWithdrawsIt) {
  check({.rules = rule,
         .lines = {start(at(0)), ping(at(1), {2000, 0}, {.sequence = 1}), ping(at(2), {2500, 300}, {.sequence = 2}),
                   ping(at(6), {3500, 300}, {.sequence = 4}),
                   ping(at(4), {3000, 0}, {.sequence = 3, .buffered = true, .delay_ms = hour_ms})},
         .expected = {},
         .told = {"confirmed", "withdrawn"}});
}

TEST(RouteDeviation, WithoutAKnownRouteNothingIsJudged) {
  for (const char* fields : {"", R"("route_id":"unheard of")"})
    check({.rules = rule,
           .lines = {trip(at(0), "start", fields), ping(at(1), {2000, 900}), ping(at(2), {2500, 900})},
           .expected = {}});
}

TEST(RouteDeviation, TheEndOfTheTripEndsIt) {
  check({.rules = rule,
         .lines = {start(at(0)), ping(at(1), {2000, 900}), ping(at(2), {2500, 900}), trip(at(5), "cancel"),
                   ping(at(6), {3000, 900})},
         .expected = {{"corridor", at(1), at(5), "cleared"}}});
}

}  // namespace
}  // namespace vigia::kit
