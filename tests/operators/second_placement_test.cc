// second_placement on the kit: closed after removed on the same trip.
#include <gtest/gtest.h>

#include "tests/operators/kit/operator_kit.h"

namespace vigia::kit {
namespace {

const std::string rule = "{id: again, kind: second_placement}";

TEST(SecondPlacement, ClosedAfterRemoved) {
  check({.rules = rule,
         .lines = {start(at(0)), mute(at(1), {.lock = "closed"}), mute(at(2), {.lock = "removed"}),
                   mute(at(3), {.lock = "opened"}), mute(at(4), {.lock = "closed"}), mute(at(5), {.lock = "opened"}),
                   mute(at(6), {.lock = "closed"})},
         .expected = {{"again", at(4), at(4), "confirmed"}}});
}

TEST(SecondPlacement, OnceForEachRemoval) {
  check({.rules = rule,
         .lines = {start(at(0)), mute(at(1), {.lock = "removed"}), mute(at(2), {.lock = "closed"}),
                   mute(at(3), {.lock = "removed"}), mute(at(4), {.lock = "closed"})},
         .expected = {{"again", at(2), at(2), "confirmed"}, {"again", at(4), at(4), "confirmed"}}});
}

TEST(SecondPlacement, AnotherTripStartsAfresh) {
  check({.rules = rule,
         .lines = {start(at(0)), mute(at(1), {.lock = "removed"}), trip(at(2), "finish"),
                   trip(at(3), "start", "", 0, "t2"), mute(at(4), {.lock = "closed"})},
         .expected = {}});
}

TEST(SecondPlacement, ARemovalHeardOfLater) {
  check({.rules = rule,
         .lines = {start(at(0)), mute(at(1), {.lock = "closed", .sequence = 1}),
                   mute(at(5), {.lock = "closed", .sequence = 3}),
                   mute(at(3), {.lock = "removed", .sequence = 2, .buffered = true, .delay_ms = hour_ms})},
         .expected = {{"again", at(5), at(5), "confirmed"}}});
}

}  // namespace
}  // namespace vigia::kit
