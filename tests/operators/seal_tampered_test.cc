// seal_tampered on the kit: an instant, never too late.
#include <gtest/gtest.h>

#include "tests/operators/kit/operator_kit.h"

namespace vigia::kit {
namespace {

const std::string rule = "{id: tampered, kind: seal_tampered}";

TEST(SealTampered, EachChangeIsAnInstant) {
  check(
      {.rules = rule,
       .lines = {start(at(0)), ping(at(1), {2000, 0}, {.lock = "closed"}), mute(at(2), {.lock = "tampered"}),
                 mute(at(3), {.lock = "tampered"}), mute(at(4), {.lock = "unknown"}), mute(at(5), {.lock = "tampered"}),
                 mute(at(6), {.lock = "closed"}), mute(at(7), {.lock = "tampered"})},
       .expected = {{"tampered", at(2), at(2), "confirmed"}, {"tampered", at(7), at(7), "confirmed"}},
       .told = {"confirmed", "confirmed"}});
}

TEST(SealTampered, InADepotToo) {
  check({.rules = rule,
         .lines = {start(at(0)), ping(at(1), {0, 0}, {.lock = "tampered"})},
         .expected = {{"tampered", at(1), at(1), "confirmed"}}});
}

TEST(SealTampered, InABacklogInDescendingOrder) {
  std::vector<Line> lines{start(at(0)), ping(at(1), {2000, 0}, {.lock = "closed", .sequence = 1}),
                          ping(at(21), {9000, 0}, {.lock = "closed", .sequence = 21})};
  for (int n = 20; n > 1; --n)
    lines.push_back(ping(at(n), {2000.0 + n * 300, 0},
                         {.lock = n == 11 ? "tampered" : "closed",
                          .sequence = static_cast<std::uint32_t>(n),
                          .buffered = true,
                          .delay_ms = 22 * minute_ms + (20 - n) * 1000 - n * minute_ms}));
  check({.rules = rule, .lines = lines, .expected = {{"tampered", at(11), at(11), "confirmed"}}});
}

TEST(SealTampered, BeyondItsTimeItIsJudgedByItself) {
  check(
      {.rules = rule,
       .lines = {start(at(0)), ping(at(30), {2000, 0}), mute(at(2), {.lock = "tampered", .delay_ms = 40 * minute_ms})},
       .expected = {{"tampered", at(2), at(2), "confirmed"}},
       .judged_alone = true});
}

// What was a change is none, when the message before it comes.
TEST(SealTampered, AnEarlierOneTakesItsPlace) {
  check({.rules = rule,
         .lines = {start(at(0)), mute(at(1), {.lock = "closed", .sequence = 1}),
                   mute(at(5), {.lock = "tampered", .sequence = 3}),
                   mute(at(3), {.lock = "tampered", .sequence = 2, .buffered = true, .delay_ms = hour_ms})},
         .expected = {{"tampered", at(3), at(3), "confirmed"}}});
}

}  // namespace
}  // namespace vigia::kit
