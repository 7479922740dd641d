// signal_lost on the kit: by broker times (semantics 3.9).
#include <gtest/gtest.h>

#include "tests/operators/kit/operator_kit.h"

namespace vigia::kit {
namespace {

const std::string rule = "{id: lost, kind: signal_lost, interval: 10m}";

TEST(SignalLost, FromTheLastTimeHeardToTheNext) {
  check({.rules = rule,
         .lines = {start(at(0)), mute(at(1)), mute(at(11)), mute(at(22))},
         .expected = {{"lost", at(11), at(22), "cleared"}},
         .about_arrival = true});
}

TEST(SignalLost, TheClockRaisesItWhileItLasts) {
  check({.rules = rule,
         .lines = {start(at(0)), mute(at(1)), clock_at(at(11)), clock_at(at(12))},
         .expected = {{"lost", at(1), 0, "confirmed"}},
         .told = {"confirmed"},
         .about_arrival = true});
}

TEST(SignalLost, ItIsWhenItWasHeardThatCounts) {
  check({.rules = rule,
         .lines = {start(at(0)), mute(at(1), {.sequence = 1}), mute(at(3), {.sequence = 2, .delay_ms = 5 * minute_ms}),
                   mute(at(14), {.sequence = 3})},
         .expected = {},
         .about_arrival = true});
}

TEST(SignalLost, TheTripsEndEndsIt) {
  check({.rules = rule,
         .lines = {start(at(0)), mute(at(1)), trip(at(20), "finish"), mute(at(30))},
         .expected = {{"lost", at(1), at(20), "cleared"}},
         .about_arrival = true});
  check({.rules = rule,
         .lines = {start(at(0)), mute(at(1)), trip(at(9), "finish"), mute(at(30))},
         .expected = {},
         .about_arrival = true});
}

}  // namespace
}  // namespace vigia::kit
