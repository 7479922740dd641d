// seal_wrong_unlock on the kit: an instant, never authorised.
#include <gtest/gtest.h>

#include "tests/operators/kit/operator_kit.h"

namespace vigia::kit {
namespace {

const std::string rule = "{id: unlock, kind: seal_wrong_unlock}";

TEST(SealWrongUnlock, AnywhereOnTheTrip) {
  check({.rules = rule,
         .lines = {start(at(0)), trip(at(0), "officer_present"), ping(at(1), {0, 0}, {.lock = "wrong_unlock"}),
                   ping(at(2), {500, 0}, {.lock = "closed"}), ping(at(4), {2000, 0}, {.lock = "wrong_unlock"}),
                   ping(at(5), {2200, 0}, {.lock = "wrong_unlock"})},
         .expected = {{"unlock", at(1), at(1), "confirmed"}, {"unlock", at(4), at(4), "confirmed"}}});
}

TEST(SealWrongUnlock, OnlyOnATripUnlessTheRuleSaysAlways) {
  const std::vector<Line> lines{mute(at(1), {.lock = "closed"}), mute(at(2), {.lock = "wrong_unlock"})};
  check({.rules = rule, .lines = lines, .expected = {}});
  check({.rules = "{id: unlock, kind: seal_wrong_unlock, scope: always}",
         .lines = lines,
         .expected = {{"unlock", at(2), at(2), "confirmed"}}});
}

TEST(SealWrongUnlock, AStartHeardOfLaterPutsItOnTheTrip) {
  check({.rules = rule,
         .lines = {mute(at(2), {.lock = "wrong_unlock"}), trip(at(1), "start", "", 8 * minute_ms)},
         .expected = {{"unlock", at(2), at(2), "confirmed"}}});
}

TEST(SealWrongUnlock, AFinishHeardOfLaterTakesItOffTheTrip) {
  check({.rules = rule,
         .lines = {start(at(0)), mute(at(5), {.lock = "wrong_unlock"}), trip(at(5), "finish", "", 8 * minute_ms)},
         .expected = {},
         .told = {"confirmed", "withdrawn"}});
}

}  // namespace
}  // namespace vigia::kit
