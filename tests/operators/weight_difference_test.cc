// weight_difference on the kit (semantics 3.11).
#include <gtest/gtest.h>

#include "tests/operators/kit/operator_kit.h"

namespace vigia::kit {
namespace {

const std::string rule = "{id: weight, kind: weight_difference}";  // 10 percent

Line weigh(TimeMs time_ms, int kg, TimeMs delay_ms = 0) {
  return trip(time_ms, "weigh", R"("weight_kg":)" + std::to_string(kg), delay_ms);
}

TEST(WeightDifference, StrictlyMoreThanThePercentageOfTheEntry) {
  check({.rules = rule,
         .lines = {start(at(0)), weigh(at(1), 10'000), weigh(at(20), 11'000), weigh(at(30), 9'000),
                   weigh(at(40), 11'001), weigh(at(50), 8'999)},
         .expected = {{"weight", at(40), at(40), "confirmed"}, {"weight", at(50), at(50), "confirmed"}}});
}

TEST(WeightDifference, WithinOneTrip) {
  check(
      {.rules = rule,
       .lines = {weigh(at(-1), 5'000), start(at(0)), weigh(at(1), 10'000), trip(at(5), "finish"), weigh(at(6), 20'000)},
       .expected = {}});
}

TEST(WeightDifference, AnEarlierWeighingHeardOfLaterIsTheEntry) {
  check({.rules = rule,
         .lines = {start(at(0)), weigh(at(25), 10'000), weigh(at(30), 12'000), weigh(at(24), 12'000, 7 * minute_ms)},
         .expected = {{"weight", at(25), at(25), "confirmed"}}});
}

}  // namespace
}  // namespace vigia::kit
