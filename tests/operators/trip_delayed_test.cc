// trip_delayed on the kit (semantics 3.8).
#include <gtest/gtest.h>

#include "tests/operators/kit/operator_kit.h"

namespace vigia::kit {
namespace {

const std::string rule = "{id: late, kind: trip_delayed}";

Line due(TimeMs start_ms, TimeMs due_ms) { return trip(start_ms, "start", R"("due_ms":)" + std::to_string(due_ms)); }

TEST(TripDelayed, AFinishAtExactlyTheDueTimeIsInTime) {
  check({.rules = rule, .lines = {due(at(0), at(60)), trip(at(60), "finish")}, .expected = {}, .until_ms = at(120)});
  check({.rules = rule,
         .lines = {due(at(0), at(60)), trip(at(60) + 1, "finish")},
         .expected = {{"late", at(60), at(60) + 1, "cleared"}}});
}

TEST(TripDelayed, ProvisionalUntilALaterFinish) {
  check({.rules = rule,
         .lines = {due(at(0), at(60)), clock_at(at(61)), trip(at(64), "finish")},
         .expected = {{"late", at(60), at(64), "cleared"}},
         .told = {"provisional", "cleared"}});
}

TEST(TripDelayed, WithdrawnByAFinishInTimeThatComesLate) {
  check({.rules = rule,
         .lines = {due(at(0), at(60)), clock_at(at(61)), trip(at(59), "finish", "", 8 * minute_ms)},
         .expected = {},
         .told = {"provisional", "withdrawn"}});
}

TEST(TripDelayed, ConfirmedByTheHorizon) {
  check({.rules = rule,
         .lines = {due(at(0), at(60)), clock_at(at(61))},
         .expected = {{"late", at(60), 0, "confirmed"}},
         .until_ms = at(71),
         .told = {"provisional", "confirmed"}});
}

TEST(TripDelayed, Cancels) {
  check({.rules = rule, .lines = {due(at(0), at(60)), trip(at(60), "cancel")}, .expected = {}, .until_ms = at(120)});
  check({.rules = rule,
         .lines = {due(at(0), at(60)), trip(at(70), "cancel")},
         .expected = {{"late", at(60), at(70), "cleared"}}});
  check({.rules = rule,
         .lines = {due(at(0), at(60)), trip(at(50), "start", "", 0, "t2")},
         .expected = {},
         .until_ms = at(120)});
}

TEST(TripDelayed, NotJudged) {
  check({.rules = rule, .lines = {start(at(0))}, .expected = {}, .until_ms = at(600)});
  check({.rules = rule,
         .lines = {trip(at(0), "assign", R"("due_ms":)" + std::to_string(at(60)))},
         .expected = {},
         .until_ms = at(600)});
}

TEST(TripDelayed, ALaterDueTimeWithdrawsIt) {
  check({.rules = rule,
         .lines = {due(at(0), at(60)), clock_at(at(61)),
                   trip(at(58), "assign", R"("due_ms":)" + std::to_string(at(200)), 5 * minute_ms)},
         .expected = {},
         .told = {"provisional", "withdrawn"}});
}

}  // namespace
}  // namespace vigia::kit
