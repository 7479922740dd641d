// unauthorized_stop on the kit (semantics 3.3 to 3.5).
#include <gtest/gtest.h>

#include "tests/operators/kit/operator_kit.h"

namespace vigia::kit {
namespace {

const std::string rule = "{id: stop, kind: unauthorized_stop}";  // 15 minutes, 100 m

TEST(UnauthorizedStop, ExactlyTheLimitIsNone) {
  check({.rules = rule,
         .lines = {start(at(0)), ping(at(1), {2000, 0}), ping(at(16), {2100, 0}), ping(at(17), {4000, 0})},
         .expected = {}});
  check({.rules = rule,
         .lines = {start(at(0)), ping(at(1), {2000, 0}), ping(at(16) + 1, {2000, 0}), ping(at(17), {4000, 0})},
         .expected = {{"stop", at(1), at(16) + 1, "cleared"}}});
}

TEST(UnauthorizedStop, ProvisionalByTheClockThenConfirmedThenCleared) {
  check(
      {.rules = rule,
       .lines = {start(at(0)), ping(at(1), {2000, 0}, {.sequence = 1}), ping(at(10), {2000, 0}, {.sequence = 2}),
                 clock_at(at(17)), ping(at(18), {2000, 50}, {.sequence = 3}), ping(at(20), {4000, 0}, {.sequence = 4})},
       .expected = {{"stop", at(1), at(18), "cleared"}},
       .told = {"provisional", "confirmed", "cleared"}});
}

// Nobody is accused of a stop because of a coverage hole.
TEST(UnauthorizedStop, ProvisionalThenWithdrawnByTheNextPosition) {
  check({.rules = rule,
         .lines = {start(at(0)), ping(at(1), {2000, 0}, {.sequence = 1}), clock_at(at(20)),
                   ping(at(21), {6000, 0}, {.sequence = 2})},
         .expected = {},
         .told = {"provisional", "withdrawn"}});
}

TEST(UnauthorizedStop, TheBacklogWithdrawsIt) {
  check({.rules = rule,
         .lines = {start(at(0)), ping(at(1), {2000, 0}, {.sequence = 1}), ping(at(20), {2000, 0}, {.sequence = 3}),
                   ping(at(9), {8000, 0}, {.sequence = 2, .buffered = true, .delay_ms = 20 * minute_ms})},
         .expected = {},
         .told = {"confirmed", "withdrawn"}});
}

TEST(UnauthorizedStop, WhatIsAnnouncedDoesNotCount) {
  const auto window = R"("from_ms":)" + std::to_string(at(5)) + R"(,"until_ms":)" + std::to_string(at(12));
  const std::vector<Line> stay{start(at(0)), ping(at(1), {2000, 0}), ping(at(20), {2000, 0}), ping(at(22), {4000, 0})};
  auto lines = stay;
  lines.push_back(trip(at(4), "authorize_stop", window, 19 * minute_ms));  // heard of when the stop is over
  check({.rules = rule,
         .lines = stay,
         .expected = {{"stop", at(1), at(20), "cleared"}},
         .told = {"confirmed", "cleared"}});
  check({.rules = rule, .lines = lines, .expected = {}, .told = {"confirmed", "cleared", "withdrawn"}});
}

TEST(UnauthorizedStop, ExactlyTheLimitBesideWhatIsAnnounced) {
  const auto announced = [](TimeMs until_ms) {
    return trip(at(0), "authorize_stop",
                R"("from_ms":)" + std::to_string(at(5)) + R"(,"until_ms":)" + std::to_string(until_ms));
  };
  const std::vector<Line> stay{start(at(0)), ping(at(1), {2000, 0}), ping(at(20), {2000, 0}), ping(at(22), {4000, 0})};
  auto lines = stay;
  lines.insert(lines.begin() + 1, announced(at(9)));  // 19 minutes less 4
  check({.rules = rule, .lines = lines, .expected = {}});
  lines[1] = announced(at(9) - 1);
  check({.rules = rule, .lines = lines, .expected = {{"stop", at(1), at(20), "cleared"}}});
}

// A deadline of another rule passes first, when nobody could know yet whether this one would hold.
TEST(UnauthorizedStop, ItsDeadlineOutlivesThoseBeforeIt) {
  check({.rules = rule + "\n{id: near, kind: unauthorized_stop, limit: 12m, radius_m: 50}",
         .lines = {start(at(0)), ping(at(1), {2000, 0}), ping(at(2), {2000, 0}), clock_at(at(13, 30)),
                   ping(at(14), {2060, 0}), clock_at(at(16, 30))},
         .expected = {{"stop", at(1), 0, "provisional"}}});
}

TEST(UnauthorizedStop, NotInAnExemptZoneAndNotOffATrip) {
  check({.rules = rule, .lines = {start(at(0)), ping(at(1), {10'000, 0}), ping(at(40), {10'000, 50})}, .expected = {}});
  check({.rules = rule, .lines = {ping(at(1), {2000, 0}), ping(at(40), {2000, 50})}, .expected = {}});
}

TEST(UnauthorizedStop, TheEndOfTheTripEndsItAtItsLastPosition) {
  check({.rules = rule,
         .lines = {start(at(0)), ping(at(1), {2000, 0}), ping(at(20), {2000, 0}), trip(at(30), "finish"),
                   ping(at(50), {2000, 0})},
         .expected = {{"stop", at(1), at(20), "cleared"}}});
}

}  // namespace
}  // namespace vigia::kit
