// zone_overstay on the kit (semantics 3.10).
#include <gtest/gtest.h>

#include "tests/operators/kit/operator_kit.h"

namespace vigia::kit {
namespace {

const std::string rule = "{id: stay, kind: zone_overstay, limit: 10m, only: {zone: [cafe]}}";   // 9700 m to 10300 m

TEST(ZoneOverstay, FromEnteredToLeft) {
  check({.rules = rule,
         .lines = {start(at(0)), ping(at(1), {9100, 0}), ping(at(3), {10'300 - 0.001, 0}), ping(at(15), {10'000, 0}), ping(at(17), {11'200, 0})},
         .expected = {{"stay", at(2), at(15, 30), "cleared"}},
         .told = {"confirmed", "cleared"}});
}

TEST(ZoneOverstay, ExactlyTheLimitIsNone) {
  check({.rules = rule, .lines = {start(at(0)), ping(at(1), {10'000, 0}), ping(at(10, 30), {10'000, 0}), ping(at(12, 30), {11'200, 0})}, .expected = {}});
}

TEST(ZoneOverstay, ProvisionalByTheClockThenConfirmed) {
  check({.rules = rule,
         .lines = {start(at(0)), ping(at(1), {10'000, 0}, {.sequence = 1}), clock_at(at(12)), ping(at(13), {10'100, 0}, {.sequence = 2})},
         .expected = {{"stay", at(1), 0, "confirmed"}},
         .told = {"provisional", "confirmed"}});
}

TEST(ZoneOverstay, ProvisionalThenWithdrawnByTheNextPosition) {
  check({.rules = rule,
         .lines = {start(at(0)), ping(at(1), {10'000, 0}, {.sequence = 1}), clock_at(at(12)), ping(at(13), {13'000, 0}, {.sequence = 2})},
         .expected = {},
         .told = {"provisional", "withdrawn"}});
}

TEST(ZoneOverstay, TheTripsEndEndsItAndItIsJudgedToTheLastPosition) {
  check({.rules = rule,
         .lines = {start(at(0)), ping(at(1), {10'000, 0}), ping(at(12), {10'000, 0}), trip(at(14), "finish")},
         .expected = {{"stay", at(1), at(14), "cleared"}}});
  check({.rules = rule, .lines = {start(at(0)), ping(at(1), {10'000, 0}), ping(at(9), {10'000, 0}), trip(at(14), "finish")}, .expected = {}});
}

}  // namespace
}  // namespace vigia::kit
