// panic of a seal on the kit: an instant when it appears.
#include <gtest/gtest.h>

#include "tests/operators/kit/operator_kit.h"

namespace vigia::kit {
namespace {

const std::string rule = "{id: panic, kind: panic}";

TEST(SealPanic, WhenItAppears) {
  check({.rules = rule,
         .lines = {start(at(0)), mute(at(1)), mute(at(2), {.conditions = {"panic"}}),
                   mute(at(3), {.conditions = {"panic", "vibration"}}), mute(at(4)),
                   mute(at(5), {.conditions = {"panic"}})},
         .expected = {{"panic", at(2), at(2), "confirmed"}, {"panic", at(5), at(5), "confirmed"}}});
}

TEST(SealPanic, BeyondItsTimeItIsJudgedByItself) {
  check({.rules = rule,
         .lines = {start(at(0)), mute(at(60)), mute(at(5), {.conditions = {"panic"}, .delay_ms = hour_ms})},
         .expected = {{"panic", at(5), at(5), "confirmed"}},
         .judged_alone = true});
}

TEST(SealPanic, ALateMessageBetweenMakesTwo) {
  check({.rules = rule,
         .lines = {start(at(0)), mute(at(1), {.conditions = {"panic"}, .sequence = 1}),
                   mute(at(5), {.conditions = {"panic"}, .sequence = 3}),
                   mute(at(3), {.sequence = 2, .buffered = true, .delay_ms = hour_ms})},
         .expected = {{"panic", at(1), at(1), "confirmed"}, {"panic", at(5), at(5), "confirmed"}}});
}

TEST(SealPanic, OnlyTheSealsOfTheRule) {
  const std::vector<Line> lines{start(at(0)), mute(at(1), {.conditions = {"panic"}})};
  check({.rules = "{id: panic, kind: panic, only: {id: ['x*']}}", .lines = lines, .expected = {}});
  check({.rules = "{id: panic, kind: panic, only: {id: ['x*', 's']}}",
         .lines = lines,
         .expected = {{"panic", at(1), at(1), "confirmed"}}});
}

}  // namespace
}  // namespace vigia::kit
