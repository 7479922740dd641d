// service_quality on the kit (semantics 3.9, 3.11): both stages, and the sum over seals.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "connectors/pipeline_config.h"
#include "tests/operators/kit/operator_kit.h"
#include "tests/reference/engine_run.h"
#include "tests/reference/temp_dir.h"

namespace vigia::kit {
namespace {

const std::string rule = "{id: quality, kind: service_quality, required: 2m, scope: always}";
const std::string on_trips = "{id: quality, kind: service_quality, required: 2m}";
constexpr TimeMs day_ms = 24 * hour_ms;
const TimeMs midnight = zero_ms + day_ms;
const TimeMs mark = midnight + 10 * minute_ms;

Line of(const std::string& seal, TimeMs time_ms, TimeMs delay_ms = 0, std::uint32_t sequence = 0,
        const std::string& provider = "ACME") {
  return mute(time_ms, {.sequence = sequence, .delay_ms = delay_ms, .seal = seal, .provider = provider});
}
ExpectedAlert day(TimeMs start_ms, TimeMs end_ms, const std::string& numbers) {
  return {"quality", start_ms, end_ms, "cleared", numbers};
}

TEST(ServiceQuality, ExactlyAsRequiredIsWithoutDelay) {
  check({.rules = rule,
         .lines = {of("s", at(1)), of("s", at(2), 2 * minute_ms), of("s", at(5), 2 * minute_ms + 1)},
         .expected = {day(zero_ms, midnight, "2 1 0.6667")},
         .until_ms = mark + 1,
         .told = {"cleared"}});
}

TEST(ServiceQuality, ADeviceAheadIsWithoutDelay) {
  check({.rules = rule,
         .lines = {of("s", at(1), -minute_ms)},
         .expected = {day(zero_ms, midnight, "1 0 1.0000")},
         .until_ms = mark + 1});
}

TEST(ServiceQuality, NotBeforeMidnightAndTheLateness) {
  check({.rules = rule, .lines = {of("s", at(1))}, .expected = {}, .until_ms = mark});
  check({.rules = rule,
         .lines = {of("s", at(1))},
         .expected = {day(zero_ms, midnight, "1 0 1.0000")},
         .until_ms = mark + 1});
}

TEST(ServiceQuality, OneAlertAProviderAndDayOverAllSeals) {
  check({.rules = rule,
         .lines = {of("a", at(1)), of("b", at(2)), of("c", at(3), 5 * minute_ms), of("a", at(4), 0, 0, "Other"),
                   of("b", midnight), of("c", midnight + minute_ms, 9 * minute_ms)},
         .expected = {day(zero_ms, midnight, "2 1 0.6667"), day(zero_ms, midnight, "1 0 1.0000"),
                      day(midnight, midnight + day_ms, "1 1 0.5000")},
         .until_ms = mark + day_ms + 1});
}

TEST(ServiceQuality, WithoutAProviderNobodyIsJudged) {
  check({.rules = rule,
         .lines = {mute(at(1)), of("s", at(2)), mute(at(3)), of("s", at(4), 3 * minute_ms)},
         .expected = {day(zero_ms, midnight, "1 1 0.5000")},
         .until_ms = mark + 1});
}

TEST(ServiceQuality, ASealMayChangeItsProvider) {
  std::vector<Line> lines;
  std::uint32_t sequence = 1;
  for (int minute = 0; minute < 100; ++minute)
    lines.push_back(of("s", at(minute), minute % 7 == 0 ? 3 * minute_ms : 0, sequence++,
                       std::string("P") + std::to_string(minute % 5)));
  check({.rules = rule,
         .lines = lines,
         .expected = {day(zero_ms, midnight, "17 3 0.8500"), day(zero_ms, midnight, "17 3 0.8500"),
                      day(zero_ms, midnight, "17 3 0.8500"), day(zero_ms, midnight, "17 3 0.8500"),
                      day(zero_ms, midnight, "17 3 0.8500")},
         .until_ms = mark + 1});
}

TEST(ServiceQuality, OnlyOnTrips) {
  check({.rules = on_trips,
         .lines = {of("s", at(-1)), start(at(0)), of("s", at(0)), of("s", at(5)), trip(at(10), "finish"),
                   of("s", at(10)), of("s", at(20))},
         .expected = {day(zero_ms, midnight, "2 0 1.0000")},
         .until_ms = mark + 1});
}

// Revised when late messages come, at most hourly: at full hours after the first time, as of then.
TEST(ServiceQuality, LateMessagesAreToldAtFullHours) {
  const auto late = [](int minute, TimeMs after_mark_ms, std::uint32_t sequence) {
    const TimeMs delay_ms = mark + after_mark_ms - at(minute);
    return mute(at(minute),
                {.sequence = sequence, .buffered = true, .delay_ms = delay_ms, .seal = "s", .provider = "ACME"});
  };
  std::vector<Line> lines{of("s", at(500), 0, 1),      of("s", midnight - minute_ms, 0, 9), clock_at(mark + 1),
                          late(510, 5 * minute_ms, 2), late(520, 50 * minute_ms, 3),        late(530, hour_ms, 4)};
  check({.rules = rule, .lines = lines, .expected = {day(zero_ms, midnight, "2 0 1.0000")}, .told = {"cleared"}});
  lines.push_back(clock_at(mark + hour_ms + 1));
  check({.rules = rule,
         .lines = lines,
         .expected = {day(zero_ms, midnight, "2 3 0.4000")},
         .told = {"cleared", "cleared"}});
  lines.push_back(late(540, hour_ms + 2, 5));
  lines.push_back(clock_at(mark + 2 * hour_ms));
  check({.rules = rule,
         .lines = lines,
         .expected = {day(zero_ms, midnight, "2 3 0.4000")},
         .told = {"cleared", "cleared"}});
  lines.push_back(clock_at(mark + 2 * hour_ms + 1));
  check({.rules = rule,
         .lines = lines,
         .expected = {day(zero_ms, midnight, "2 4 0.3333")},
         .told = {"cleared", "cleared", "cleared"}});
}

// Days later, when what lies behind a part leaves the history piece by piece, the part stays as it was told. Here the late
// ones leave with the block before the one in which the next message lies, and every message is a reason to look.
TEST(ServiceQuality, APartIsForgottenAsAWhole) {
  std::vector<Line> lines{of("s", at(300), 0, 1)};
  for (std::uint32_t n = 12; n < 72; ++n) lines.push_back(of("s", at(400 + static_cast<int>(n)), 0, n));
  for (std::uint32_t n = 2; n < 12; ++n) {
    const TimeMs made_ms = at(300 + static_cast<int>(n));
    lines.push_back(mute(
        made_ms,
        {.sequence = n, .buffered = true, .delay_ms = mark + minute_ms - made_ms, .seal = "s", .provider = "ACME"}));
  }
  for (std::uint32_t n = 72; n < 200; ++n)
    lines.push_back(of("s", at(600 + static_cast<int>(n)) + 4 * day_ms, 0, n, n % 2 == 0 ? "Other" : "ACME"));
  check({.rules = rule,
         .lines = lines,
         .expected = {day(zero_ms, midnight, "61 10 0.8592")},
         .told = {"cleared", "cleared"},
         .about_arrival = true});
}

TEST(BoundedLaw, NamesOfProvidersAreAccountedFor) {
  const harness::TempDir directory;
  auto loaded = load_pipeline(directory.write("pipeline.yaml", R"(application: bounded
kafka: {brokers: "localhost:9092"}
timezone: UTC
state: {directory: state}
sources: [{topic: seal.events, stream: seal, format: json}]
rules: [{id: quality, kind: service_quality, required: 2m}]
)"));
  ASSERT_TRUE(loaded.ok());
  const auto stage = harness::stage_of(std::move(loaded));
  const auto task = make_seal_task(stage.config);
  const auto send = [&](const std::string& provider, int minute) -> std::uint64_t {
    const auto line = of("s", at(minute), 0, static_cast<std::uint32_t>(minute), provider);
    const InputRecord record{{}, {}, Offset{minute}, line.timestamp_ms, line.key, line.value};
    EXPECT_TRUE(task->process({&record, 1}, {&line.timestamp_ms, 1}, line.timestamp_ms).rejected.empty());
    return task->memory_bytes();
  };
  const auto before = send("A", 1);
  for (int minute = 2; minute < 20; ++minute) send(fmt::format("{:0100}", minute), minute);
  EXPECT_GE(send("B", 20), before + 18 * 100) << "off the trips nothing else happens to it";
}

// It is a signal: the alert is the provider's, which `vigia state` of a seal does not know.
TEST(ServiceQuality, APartIsNoAlertOfTheSeal) {
  const harness::TempDir dir;
  auto loaded = load_pipeline(dir.write("pipeline.yaml", R"(application: test
sources: [{topic: seal.events, stream: seal, format: json}]
rules: [{id: quality, kind: service_quality, required: 2m, scope: always}]
)"));
  ASSERT_TRUE(loaded.ok());
  const auto stage = harness::stage_of(std::move(loaded));
  const auto task = make_seal_task(stage.config);
  std::size_t signals = 0;
  for (const auto& line : {of("s", at(1)), of("s", mark + minute_ms)}) {
    const InputRecord record{{}, {}, Offset{line.timestamp_ms}, line.timestamp_ms, line.key, line.value};
    signals += task->process({&record, 1}, {&line.timestamp_ms, 1}, line.timestamp_ms).signals.size();
  }
  EXPECT_GT(signals, 0u);
  EXPECT_NE(task->describe_key("s").find("\"alerts\":[]"), std::string::npos) << task->describe_key("s");
}

// What a trip's late end takes off the trip counts no longer; when nothing is left the part is taken back.
TEST(ServiceQuality, ALateEndOfTheTrip) {
  const auto minutes_before = [](int minutes) { return midnight - minutes * minute_ms; };
  std::vector<Line> lines{start(minutes_before(30)), of("s", minutes_before(20)), of("s", minutes_before(3)),
                          of("s", minutes_before(2), 3 * minute_ms)};
  check({.rules = on_trips, .lines = lines, .expected = {day(zero_ms, midnight, "2 1 0.6667")}, .until_ms = mark + 1});
  lines.push_back(trip(minutes_before(3), "finish", {}, 9 * minute_ms));
  check({.rules = on_trips, .lines = lines, .expected = {day(zero_ms, midnight, "1 0 1.0000")}, .until_ms = mark + 1});
}

// Read in disorder: the end of the trip lies before the mark and is read behind it.
TEST(ServiceQuality, APartThatVanishesIsTakenBack) {
  const auto minutes_before = [](int minutes) { return midnight - minutes * minute_ms; };
  const std::vector<Line> lines{start(minutes_before(3)), of("s", minutes_before(1)), clock_at(mark + 1),
                                trip(minutes_before(2), "finish", {}, 11 * minute_ms)};
  check({.rules = on_trips, .lines = lines, .expected = {}, .until_ms = mark + 5, .told = {"cleared", "withdrawn"}});
}

TEST(ServiceQuality, LocalDays) {
  const TimeMs local_midnight = zero_ms + 5 * hour_ms;  // Guayaquil
  check({.rules = rule,
         .lines = {of("s", local_midnight - 1), of("s", local_midnight), of("s", local_midnight + hour_ms)},
         .expected = {day(local_midnight - day_ms, local_midnight, "1 0 1.0000"),
                      day(local_midnight, local_midnight + day_ms, "2 0 1.0000")},
         .until_ms = local_midnight + day_ms + 10 * minute_ms + 1,
         .timezone = "America/Guayaquil"});
}

TEST(ServiceQuality, ADayOf23Hours) {
  const TimeMs begin = 1'774'738'800'000;  // 2026-03-29T00:00 in Madrid; its clocks go forward at two
  check(
      {.rules = rule,
       .lines = {of("s", begin - 1), of("s", begin), of("s", begin + 23 * hour_ms - 1), of("s", begin + 23 * hour_ms)},
       .expected = {day(begin - day_ms, begin, "1 0 1.0000"), day(begin, begin + 23 * hour_ms, "2 0 1.0000")},
       .until_ms = begin + 24 * hour_ms,
       .timezone = "Europe/Madrid"});
}

}  // namespace
}  // namespace vigia::kit
