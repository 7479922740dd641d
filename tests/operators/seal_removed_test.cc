// seal_removed on the kit: authorised only in the trip's depots and with an officer present.
#include <gtest/gtest.h>

#include "tests/operators/kit/operator_kit.h"

namespace vigia::kit {
namespace {

const std::string rule = "{id: removed, kind: seal_removed}";

std::string window(TimeMs from_ms, TimeMs until_ms) {
  return R"("from_ms":)" + std::to_string(from_ms) + R"(,"until_ms":)" + std::to_string(until_ms);
}

TEST(SealRemoved, InADepotWithAnOfficer) {
  for (const TimeMs removed_ms : {at(5), at(10), at(20)})  // the window's ends belong to it
    check({.rules = rule,
           .lines = {start(at(0)), trip(at(4), "officer_present", window(at(5), at(20))),
                     ping(removed_ms, {100, 0}, {.lock = "removed"})},
           .expected = {}});
}

TEST(SealRemoved, WithoutAnOfficer) {
  check({.rules = rule,
         .lines = {start(at(0)), ping(at(5), {100, 0}, {.lock = "removed"})},
         .expected = {{"removed", at(5), at(5), "confirmed"}}});
  check({.rules = rule,
         .lines = {start(at(0)), trip(at(4), "officer_present", window(at(5), at(20))),
                   ping(at(20) + 1, {100, 0}, {.lock = "removed"})},
         .expected = {{"removed", at(20) + 1, at(20) + 1, "confirmed"}}});
}

TEST(SealRemoved, OutsideTheDepots) {
  check({.rules = rule,
         .lines = {start(at(0)), trip(at(4), "officer_present"), ping(at(9), {2000, 0}, {.lock = "removed"})},
         .expected = {{"removed", at(9), at(9), "confirmed"}}});
}

TEST(SealRemoved, AnOfficerHeardOfLaterWithdrawsIt) {
  check({.rules = rule,
         .lines = {start(at(0)), ping(at(5), {100, 0}, {.lock = "removed"}),
                   trip(at(4), "officer_present", window(at(4), at(6)), 5 * hour_ms)},
         .expected = {},
         .told = {"confirmed", "withdrawn"}});
}

}  // namespace
}  // namespace vigia::kit
