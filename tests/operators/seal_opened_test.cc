// seal_opened on the kit (semantics 3.7).
#include <gtest/gtest.h>

#include "tests/operators/kit/operator_kit.h"

namespace vigia::kit {
namespace {

const std::string rule = "{id: opened, kind: seal_opened}";

TEST(SealOpened, FromOpenedToClosed) {
  check({.rules = rule,
         .lines = {start(at(0)), ping(at(1), {2000, 0}, {.lock = "closed"}), ping(at(2), {2500, 0}, {.lock = "opened"}),
                   ping(at(3), {2600, 0}, {.lock = "opened"}), ping(at(4), {2700, 0}),
                   ping(at(5), {3000, 0}, {.lock = "closed"})},
         .expected = {{"opened", at(2), at(5), "cleared"}},
         .told = {"confirmed", "cleared"}});
}

TEST(SealOpened, TheFirstStateOfATripCountsAsAChange) {
  check({.rules = rule,
         .lines = {start(at(0)), ping(at(1), {2000, 0}, {.lock = "opened"})},
         .expected = {{"opened", at(1), 0, "confirmed"}}});
}

TEST(SealOpened, NotInTheTripsOwnDepots) {
  check({.rules = rule,
         .lines = {start(at(0)), ping(at(1), {100, 0}, {.lock = "opened"}), ping(at(9), {2000, 0}, {.lock = "opened"})},
         .expected = {}});
  check({.rules = rule,
         .lines = {start(at(0)), ping(at(1), {0, 300}), mute(at(2), {.lock = "opened"})},
         .expected = {}});  // its last fix
  check({.rules = rule,
         .lines = {trip(at(0), "start", R"("origin_depot_id":"yard")"), ping(at(1), {100, 0}, {.lock = "opened"})},
         .expected = {{"opened", at(1), 0, "confirmed"}}});
  check({.rules = rule,
         .lines = {start(at(0)), mute(at(2), {.lock = "opened"})},
         .expected = {{"opened", at(2), 0, "confirmed"}}});
}

TEST(SealOpened, ALateClosingMakesTwoOfOne) {
  check({.rules = rule,
         .lines = {start(at(0)), ping(at(1), {2000, 0}, {.lock = "closed", .sequence = 1}),
                   ping(at(2), {2500, 0}, {.lock = "opened", .sequence = 2}),
                   ping(at(6), {2600, 0}, {.lock = "opened", .sequence = 4}),
                   ping(at(4), {2700, 0}, {.lock = "closed", .sequence = 3, .buffered = true, .delay_ms = hour_ms})},
         .expected = {{"opened", at(2), at(4), "cleared"}, {"opened", at(6), 0, "confirmed"}}});
}

TEST(SealOpened, ALateDepotWithdrawsIt) {
  check({.rules = rule,
         .lines = {trip(at(0), "start"), ping(at(1), {100, 0}, {.lock = "opened"}),
                   trip(at(1), "assign", R"("origin_depot_id":"home")", 5 * minute_ms)},
         .expected = {},
         .told = {"confirmed", "withdrawn"}});
}

TEST(SealOpened, TheEndOfTheTripEndsIt) {
  check({.rules = rule,
         .lines = {start(at(0)), ping(at(1), {2000, 0}, {.lock = "opened"}), trip(at(7), "finish"),
                   ping(at(9), {2000, 0}, {.lock = "closed"})},
         .expected = {{"opened", at(1), at(7), "cleared"}}});
}

}  // namespace
}  // namespace vigia::kit
