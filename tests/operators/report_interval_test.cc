// report_interval on the kit (semantics 3.9).
#include <gtest/gtest.h>

#include "tests/operators/kit/operator_kit.h"

namespace vigia::kit {
namespace {

const std::string rule = "{id: report, kind: report_interval, interval: 5m}";

TEST(ReportInterval, StrictlyMore) {
  check({.rules = rule,
         .lines = {start(at(0)), ping(at(1), {0, 0}), mute(at(6)), ping(at(11) + 1, {0, 0}), ping(at(12), {0, 0})},
         .expected = {{"report", at(6), at(11) + 1, "cleared"}},
         .told = {"cleared"}});
}

TEST(ReportInterval, SilenceAtTheEndIsNone) {
  check({.rules = rule, .lines = {start(at(0)), mute(at(1))}, .expected = {}, .until_ms = at(60)});
}

TEST(ReportInterval, TheBacklogDividesItOrTakesItAway) {
  const std::vector<Line> hole{start(at(0)), mute(at(1), {.sequence = 1}), mute(at(13), {.sequence = 4})};
  check({.rules = rule, .lines = hole, .expected = {{"report", at(1), at(13), "cleared"}}});
  auto divided = hole;
  divided.push_back(mute(at(3), {.sequence = 2, .buffered = true, .delay_ms = hour_ms}));
  check({.rules = rule, .lines = divided, .expected = {{"report", at(3), at(13), "cleared"}}});
  auto filled = divided;
  filled.push_back(mute(at(8), {.sequence = 3, .buffered = true, .delay_ms = hour_ms}));
  check({.rules = rule, .lines = filled, .expected = {}, .told = {"cleared", "cleared", "withdrawn"}});
}

TEST(ReportInterval, WithinOneTripOnly) {
  check({.rules = rule,
         .lines = {mute(at(-20)), start(at(0)), mute(at(1)), trip(at(2), "finish"), mute(at(40))},
         .expected = {}});
  check({.rules = "{id: report, kind: report_interval, interval: 5m, scope: always}",
         .lines = {mute(at(0)), mute(at(20))},
         .expected = {{"report", at(0), at(20), "cleared"}}});
}

}  // namespace
}  // namespace vigia::kit
