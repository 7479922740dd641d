// zone_entered and zone_left on the kit (semantics 3.10).
#include <gtest/gtest.h>

#include "tests/operators/kit/operator_kit.h"

namespace vigia::kit {
namespace {

const std::string rules =
    "{id: in, kind: zone_entered, only: {zone: [ring]}}\n{id: out, kind: zone_left, only: {zone: [ring]}}";

TEST(ZonePassage, AZoneCrossedBetweenTwoPings) {
  check({.rules = rules,
         .lines = {start(at(0)), ping(at(1), {4000, 0}), ping(at(3), {6000, 0})},
         .expected = {{"in", at(1, 30), at(1, 30), "confirmed"}, {"out", at(2, 30), at(2, 30), "confirmed"}}});
}

TEST(ZonePassage, TheFirstFixInsideCountsAsEnteredAndTheTripsEndIsNoLeaving) {
  check({.rules = rules,
         .lines = {start(at(0)), ping(at(1), {5000, 0}), trip(at(5), "finish"), ping(at(9), {9000, 0})},
         .expected = {{"in", at(1), at(1), "confirmed"}}});
}

TEST(ZonePassage, PastItIsNone) {
  check({.rules = rules, .lines = {start(at(0)), ping(at(1), {4000, 600}), ping(at(3), {6000, 600})}, .expected = {}});
}

TEST(ZonePassage, ALateFixShowsTheDetour) {
  check({.rules = rules,
         .lines = {start(at(0)), ping(at(1), {4000, 0}, {.sequence = 1}), ping(at(9), {6000, 0}, {.sequence = 3}),
                   ping(at(5), {5000, 3000}, {.sequence = 2, .buffered = true, .delay_ms = hour_ms})},
         .expected = {},
         .told = {"confirmed", "confirmed", "withdrawn", "withdrawn"}});
}

TEST(ZonePassage, AStrayFixEntersNothing) {
  check({.rules = rules,
         .lines = {start(at(0)), ping(at(1), {40'000, 0}), ping(at(2), {5000, 0}), ping(at(3), {40'500, 0}),
                   ping(at(4), {41'000, 0})},
         .expected = {}});
}

}  // namespace
}  // namespace vigia::kit
