// clock_fault on the kit: implicit, from the first faulty to the next sound event (semantics 3.11).
#include <gtest/gtest.h>

#include "tests/operators/kit/operator_kit.h"

namespace vigia::kit {
namespace {

const std::string rule = "{id: panic, kind: panic}";

TEST(ClockFault, ADeviceADayAhead) {
  check({.rules = rule,
         .lines = {mute(at(1)), mute(at(2) + 24 * hour_ms, {.delay_ms = -24 * hour_ms}),
                   mute(at(3) + 24 * hour_ms, {.delay_ms = -24 * hour_ms}), mute(at(4)), mute(at(5))},
         .expected = {{"clock_fault", at(2), at(4), "cleared"}},
         .told = {"confirmed", "cleared"},
         .about_arrival = true});
}

TEST(ClockFault, ADeviceIn2001) {
  check({.rules = rule,
         .lines = {mute(978'307'200'000, {.delay_ms = at(2) - 978'307'200'000})},
         .expected = {{"clock_fault", at(2), 0, "confirmed"}},
         .about_arrival = true});
}

TEST(ClockFault, TheSkewAndTheHorizonAreAllowed) {
  check(
      {.rules = rule,
       .lines = {mute(at(1) - 24 * hour_ms, {.sequence = 1}), mute(at(10), {.sequence = 3, .delay_ms = -5 * minute_ms}),
                 mute(at(8) - 24 * hour_ms, {.sequence = 2, .delay_ms = 24 * hour_ms})},
       .expected = {},
       .about_arrival = true});
  check({.rules = rule,
         .lines = {mute(at(10) + 1, {.delay_ms = -5 * minute_ms - 1})},
         .expected = {{"clock_fault", at(5), 0, "confirmed"}},
         .about_arrival = true});
}

// Its alarms count, at the broker's time.
TEST(ClockFault, WhatItReportsIsJudgedAtBrokerTime) {
  check({.rules = rule,
         .lines = {start(at(0)), mute(at(2) + 24 * hour_ms, {.conditions = {"panic"}, .delay_ms = -24 * hour_ms})},
         .expected = {{"panic", at(2), at(2), "confirmed"}, {"clock_fault", at(2), 0, "confirmed"}},
         .about_arrival = true});
}

}  // namespace
}  // namespace vigia::kit
