// zone_overstay on the kit (semantics 3.10).
#include <gtest/gtest.h>

#include "tests/operators/kit/operator_kit.h"

namespace vigia::kit {
namespace {

const std::string rule = "{id: stay, kind: zone_overstay, limit: 10m, only: {zone: [cafe]}}";  // 9700 m to 10300 m

TEST(ZoneOverstay, FromEnteredToLeft) {
  check({.rules = rule,
         .lines = {start(at(0)), ping(at(1), {9100, 0}), ping(at(3), {10'300 - 0.001, 0}), ping(at(15), {10'000, 0}),
                   ping(at(17), {11'200, 0})},
         .expected = {{"stay", at(2), at(15, 30), "cleared"}},
         .told = {"confirmed", "cleared"}});
}

TEST(ZoneOverstay, ExactlyTheLimitIsNone) {
  check(
      {.rules = rule,
       .lines = {start(at(0)), ping(at(1), {10'000, 0}), ping(at(10, 30), {10'000, 0}), ping(at(12, 30), {11'200, 0})},
       .expected = {}});
}

TEST(ZoneOverstay, ProvisionalByTheClockThenConfirmed) {
  check({.rules = rule,
         .lines = {start(at(0)), ping(at(1), {10'000, 0}, {.sequence = 1}), clock_at(at(12)),
                   ping(at(13), {10'100, 0}, {.sequence = 2})},
         .expected = {{"stay", at(1), 0, "confirmed"}},
         .told = {"provisional", "confirmed"}});
}

TEST(ZoneOverstay, ProvisionalThenWithdrawnByTheNextPosition) {
  check({.rules = rule,
         .lines = {start(at(0)), ping(at(1), {10'000, 0}, {.sequence = 1}), clock_at(at(12)),
                   ping(at(13), {13'000, 0}, {.sequence = 2})},
         .expected = {},
         .told = {"provisional", "withdrawn"}});
}

// Nothing but its positions can prove it: what the device has not numbered may come for ten minutes only.
TEST(ZoneOverstay, LongerThanTheAllowedLatenessWithoutNumbers) {
  const std::string twenty = "{id: stay, kind: zone_overstay, limit: 20m, only: {zone: [cafe]}}";
  const std::string later = "\n{id: stop, kind: unauthorized_stop, limit: 24h}";  // leaves a deadline far ahead
  std::vector<Line> steady{start(at(0))};
  for (int minute = 1; minute <= 22; ++minute) steady.push_back(ping(at(minute), {9800.0 + minute * 10, 0}));
  check(
      {.rules = twenty + later, .lines = steady, .expected = {{"stay", at(1), 0, "confirmed"}}, .told = {"confirmed"}});
  const std::vector<Line> silent{start(at(0)), ping(at(1), {9900, 0}), clock_at(at(50)), ping(at(60), {9950, 0})};
  check(
      {.rules = twenty + later, .lines = silent, .expected = {{"stay", at(1), 0, "confirmed"}}, .told = {"confirmed"}});
}

TEST(ZoneOverstay, TheTripsEndEndsItAndItIsJudgedToTheLastPosition) {
  check({.rules = rule,
         .lines = {start(at(0)), ping(at(1), {10'000, 0}), ping(at(12), {10'000, 0}), trip(at(14), "finish")},
         .expected = {{"stay", at(1), at(14), "cleared"}}});
  check({.rules = rule,
         .lines = {start(at(0)), ping(at(1), {10'000, 0}), ping(at(9), {10'000, 0}), trip(at(14), "finish")},
         .expected = {}});
}

}  // namespace
}  // namespace vigia::kit
