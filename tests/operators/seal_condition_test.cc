// seal_condition on the kit: from the message where a condition appears to the first without it.
#include <gtest/gtest.h>

#include "tests/operators/kit/operator_kit.h"

namespace vigia::kit {
namespace {

const std::string rule = "{id: condition, kind: seal_condition, conditions: [jamming, low_battery]}";

TEST(SealCondition, EachConditionIsAnEpisodeOfItsOwn) {
  check(
      {.rules = rule,
       .lines = {start(at(0)), mute(at(1), {.conditions = {"jamming"}}),
                 mute(at(2), {.conditions = {"jamming", "low_battery"}}),
                 mute(at(3), {.conditions = {"low_battery", "vibration"}}), mute(at(4), {.conditions = {"vibration"}})},
       .expected = {{"condition", at(1), at(3), "cleared"}, {"condition", at(2), at(4), "cleared"}}});
}

TEST(SealCondition, OneThatLasts) {
  check({.rules = rule,
         .lines = {start(at(0)), mute(at(1), {.conditions = {"jamming"}}), mute(at(9), {.conditions = {"jamming"}})},
         .expected = {{"condition", at(1), 0, "confirmed"}},
         .told = {"confirmed"}});
}

TEST(SealCondition, TheEndOfTheTripEndsIt) {
  check({.rules = rule,
         .lines = {start(at(0)), mute(at(1), {.conditions = {"jamming"}}), trip(at(4), "finish")},
         .expected = {{"condition", at(1), at(4), "cleared"}}});
}

TEST(SealCondition, ALateMessageWithoutItMakesTwo) {
  check({.rules = rule,
         .lines = {start(at(0)), mute(at(1), {.conditions = {"jamming"}, .sequence = 1}),
                   mute(at(5), {.conditions = {"jamming"}, .sequence = 3}),
                   mute(at(3), {.sequence = 2, .buffered = true, .delay_ms = hour_ms})},
         .expected = {{"condition", at(1), at(3), "cleared"}, {"condition", at(5), 0, "confirmed"}}});
}

}  // namespace
}  // namespace vigia::kit
