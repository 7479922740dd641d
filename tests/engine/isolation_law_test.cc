// The isolation law: what one key or one record does wrong changes nothing for the others.
#include <map>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "engine/stage_clock.h"
#include "tests/engine/random_lines.h"

namespace vigia::counting {
namespace {

std::vector<Line> merged(std::vector<Line> lines, const std::vector<Line>& others) {
  lines.insert(lines.end(), others.begin(), others.end());
  std::stable_sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) { return a.broker_ms < b.broker_ms; });
  return lines;
}

// The final alerts of all keys but the ill one. (Which provisional ones were told on the way depends on when the clock was
// moved, and every record moves it.) Of the same epochs also by their ids.
std::vector<std::string> of_the_others(const RunResult& result, bool with_ids) {
  std::map<std::string, std::string> told;
  for (const auto& alert : result.revisions)
    if (alert.subject_id != "ill")
      told[alert.alert_id] = fmt::format("{} {} {} {}-{}", alert.rule_id, alert.subject_id,
                                         schema::EnumNameAlertStatus(alert.status), alert.start_ms, alert.end_ms);
  std::vector<std::string> final_ones;
  for (const auto& [id, text] : told)
    if (text.find("withdrawn") == text.npos) final_ones.push_back(text + (with_ids ? " " + id : ""));
  std::sort(final_ones.begin(), final_ones.end());
  return final_ones;
}

class IsolationLaw : public testing::TestWithParam<bool> {  // with one hash for all keys, or a good one
 protected:
  IsolationLaw() : healthy_(make_random_lines(Arrival::backlog, 42).lines) {}

  void expect_no_difference(const std::vector<Line>& ill) {
    // Of one record an epoch, where everything can be compared, and of many keys an epoch.
    for (const std::size_t batch : {1u, 256u}) {
      const RunOptions options{.batch = batch, .until_ms = healthy_.back().broker_ms, .weak_hash = GetParam()};
      const auto alone = run(healthy_, options);
      const auto with = run(merged(healthy_, ill), options);
      EXPECT_FALSE(alone.revisions.empty());
      EXPECT_EQ(of_the_others(with, batch == 1), of_the_others(alone, batch == 1)) << "batch " << batch;
      EXPECT_TRUE(with.account.adds_up());
      for (const auto& [key, text] : alone.described) {
        if (batch == 1) {
          EXPECT_EQ(with.described.at(key), text);
        }
      }
      account_ = with.account;
    }
  }
  [[nodiscard]] TimeMs some_ms(int percent) const {
    return day_zero_ms + (healthy_.back().broker_ms - day_zero_ms) * percent / 100;
  }

  std::vector<Line> healthy_;
  Account account_;
};

TEST_P(IsolationLaw, ADeviceADayAhead) {
  std::vector<Line> ill;
  for (std::uint32_t n = 1; n <= 99; ++n)
    ill.push_back(number_line("ill", some_ms(static_cast<int>(n)) + 24 * hour_ms, n, 7, -24 * hour_ms));
  expect_no_difference(ill);
}

TEST_P(IsolationLaw, ADeviceIn2001) {
  std::vector<Line> ill;
  for (std::uint32_t n = 1; n <= 99; ++n) {
    ill.push_back(number_line("ill", 978'307'200'000 + n * 1000, n, 7));
    ill.back().broker_ms = some_ms(static_cast<int>(n));
  }
  expect_no_difference(ill);
}

TEST_P(IsolationLaw, PoisonRecords) {
  std::vector<Line> ill;
  for (int n = 1; n <= 99; ++n) {
    ill.push_back({"ill", some_ms(n), std::string(static_cast<std::size_t>(n), static_cast<char>(n + 100)), 0});
    ill.push_back({healthy_[static_cast<std::size_t>(n)].key, some_ms(n), "poison under a good key", 0});
    ill.push_back({"", some_ms(n), "", 1});
  }
  expect_no_difference(ill);
  EXPECT_EQ(account_.dead_letter, 3u * 99);
}

TEST_P(IsolationLaw, ADeviceThatFloods) {
  std::vector<Line> ill;
  for (std::uint32_t n = 1; n <= 1'000; ++n)
    ill.push_back(number_line("ill", some_ms(50) + n, (n * 7919) % 2003, n % 2 ? 7 : 200));
  expect_no_difference(ill);
}

TEST_P(IsolationLaw, ADeviceThatIsSilent) {
  expect_no_difference({number_line("ill", some_ms(1), 1, 7), number_line("ill", some_ms(2), 1000, 7)});
}

// Two devices fall silent within a quarter of a second: the clock stops between their deadlines, then goes on.
TEST_P(IsolationLaw, ADeadlineBesideOneThatIsNotDueYet) {
  std::vector<Line> lines;
  for (const std::string key : {"a", "b", "c"}) {
    lines.push_back(number_line(key, day_zero_ms + (key == "a" ? 0 : key == "b" ? 100 : 200), 1, 7));
  }
  for (const TimeMs at_ms : {50, 150, 160, 250})
    lines.push_back(number_line("clock", day_zero_ms + quiet_ms + at_ms, static_cast<std::uint32_t>(at_ms), 7));
  const auto result = run(lines, {.batch = 1, .weak_hash = GetParam()});
  std::vector<TimeMs> raised_ms;
  for (const auto& alert : result.revisions) raised_ms.push_back(alert.detected_ms);
  const std::vector<TimeMs> expected{day_zero_ms + quiet_ms, day_zero_ms + quiet_ms + 100,
                                     day_zero_ms + quiet_ms + 200};
  EXPECT_EQ(raised_ms, expected);
}

// A flood waits to be put in its place; a device behind it has something to tell in the same epoch.
TEST_P(IsolationLaw, AnEpochThatBeginsWithAFlood) {
  std::vector<Line> lines{number_line("ill", day_zero_ms, 1, 7), number_line("ill", day_zero_ms + 3'000'000, 3'001, 7)};
  for (std::uint32_t n = 2; n <= 3'000; ++n)
    lines.push_back(number_line("ill", day_zero_ms + n * 1'000, n, n % 2 ? 200 : 7, 3'100'000 - n * 1'000, true));
  for (std::uint32_t n = 1; n <= 20; ++n)
    lines.push_back(number_line("well", day_zero_ms + 3'100'000 + n * 1'000, n, n == 10 ? spike_value : 7));
  const auto result = run(lines, {.batch = lines.size(), .weak_hash = GetParam()});
  EXPECT_EQ(result.account.applied, lines.size());
  const auto told = final_alerts(result.revisions);
  EXPECT_EQ(std::count_if(told.begin(), told.end(), [](const Final& alert) { return alert.key == "well"; }), 2)
      << "high, and a spike";
}

// What is remembered of one device's corrected events makes no duplicates of another's.
TEST_P(IsolationLaw, DevicesThatSayTheSameWithTheSameFault) {
  std::vector<Line> lines;
  for (const std::string key : {"a", "b", "c"})
    for (std::uint32_t n = 1; n <= 3; ++n)
      lines.push_back(number_line(key, day_zero_ms + 48 * hour_ms + n, n, 7, -48 * hour_ms));
  const auto account = run(lines, {.batch = 2, .weak_hash = GetParam()}).account;
  EXPECT_EQ(account.applied, lines.size());
}

// A record in a batch can't spoil the others of it.
TEST_P(IsolationLaw, APoisonEventInABatch) {
  const auto result = run({{"a", day_zero_ms, "x;1772409600000,1,999;y", 0}}, {.weak_hash = GetParam()});
  EXPECT_EQ(result.account.applied, 1u);
  EXPECT_EQ(final_alerts(result.revisions).size(), 2u) << "high, and a spike";
}

INSTANTIATE_TEST_SUITE_P(Hashes, IsolationLaw, testing::Bool(),
                         [](const auto& with) { return with.param ? "Colliding" : "Good"; });

// A record that its gateway stamped far ahead of the wall clock is taken at the wall clock; nobody's time moves.
TEST(IsolationLawOfTime, ARecordFromBeyondTheWallClock) {
  StageClock clock(StageClock::Mode::wall, 300'000);
  clock.read_up_to(clock.add_partition(), day_zero_ms + 48 * hour_ms);
  EXPECT_EQ(clock.take(day_zero_ms, day_zero_ms).clock_ms, day_zero_ms);
  const auto ahead = clock.take(day_zero_ms + 48 * hour_ms, day_zero_ms + 1'000);
  EXPECT_EQ(ahead.broker_ms, day_zero_ms + 1'000);
  EXPECT_EQ(ahead.clock_ms, day_zero_ms);
  EXPECT_EQ(clock.take(day_zero_ms + 2'000, day_zero_ms + 2'000).clock_ms, day_zero_ms + 2'000);
}

// A flood of faulty clocks and of backlogs costs no more than its own share of work: no pass over all that is kept for each
// event. Counted in events, not in time: what takes the square of this would not end.
TEST(IsolationLawOfWork, AFloodOfFaultyClocksEnds) {
  std::vector<Line> lines;
  for (std::uint32_t n = 1; n <= 20'000; ++n)
    lines.push_back(number_line("ill", day_zero_ms + 48 * hour_ms + n, n, 7, -48 * hour_ms));
  EXPECT_EQ(run(lines, {.batch = 1024}).account.applied, lines.size());
}

}  // namespace
}  // namespace vigia::counting
