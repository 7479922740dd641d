// The isolation law: what one key or one record does wrong changes nothing for the others.
#include <map>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/engine/random_lines.h"

namespace vigia::counting {
namespace {

std::vector<Line> merged(std::vector<Line> lines, const std::vector<Line>& others) {
  lines.insert(lines.end(), others.begin(), others.end());
  std::stable_sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) { return a.broker_ms < b.broker_ms; });
  return lines;
}

// The final alerts of all keys but the ill one. (Which provisional ones were told on the way depends on when the clock was
// moved, and every record moves it.)
std::vector<std::string> of_the_others(const RunResult& result) {
  std::map<std::string, std::string> told;
  for (const auto& alert : result.revisions)
    if (alert.subject_id != "ill")
      told[alert.alert_id] = fmt::format("{} {} {} {}-{}", alert.rule_id, alert.subject_id, schema::EnumNameAlertStatus(alert.status), alert.start_ms, alert.end_ms);
  std::vector<std::string> final_ones;
  for (const auto& [id, text] : told)
    if (text.find("withdrawn") == text.npos) final_ones.push_back(text + " " + id);
  return final_ones;
}

class IsolationLaw : public testing::TestWithParam<bool> {   // with one hash for all keys, or a good one
 protected:
  IsolationLaw() : healthy_(make_random_lines(Arrival::backlog, 42).lines) {}

  void expect_no_difference(const std::vector<Line>& ill) {
    const auto until_ms = healthy_.back().broker_ms;
    const RunOptions options{.batch = 1, .until_ms = until_ms, .weak_hash = GetParam()};
    const auto alone = run(healthy_, options);
    const auto with = run(merged(healthy_, ill), options);
    EXPECT_FALSE(alone.revisions.empty());
    EXPECT_EQ(of_the_others(with), of_the_others(alone));
    EXPECT_TRUE(with.account.adds_up());
    for (const auto& [key, text] : alone.described) EXPECT_EQ(with.described.at(key), text);
    account_ = with.account;
  }
  [[nodiscard]] TimeMs some_ms(int percent) const {
    return day_zero_ms + (healthy_.back().broker_ms - day_zero_ms) * percent / 100;
  }

  std::vector<Line> healthy_;
  Account account_;
};

TEST_P(IsolationLaw, ADeviceADayAhead) {
  std::vector<Line> ill;
  for (std::uint32_t n = 1; n <= 99; ++n) ill.push_back(number_line("ill", some_ms(static_cast<int>(n)) + 24 * hour_ms, n, 7, -24 * hour_ms));
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
  for (std::uint32_t n = 1; n <= 1'000; ++n) ill.push_back(number_line("ill", some_ms(50) + n, (n * 7919) % 2003, n % 2 ? 7 : 200));
  expect_no_difference(ill);
}

TEST_P(IsolationLaw, ADeviceThatIsSilent) {
  expect_no_difference({number_line("ill", some_ms(1), 1, 7), number_line("ill", some_ms(2), 1000, 7)});
}

// A record in a batch can't spoil the others of it.
TEST_P(IsolationLaw, APoisonEventInABatch) {
  const auto result = run({{"a", day_zero_ms, "x;1772409600000,1,999;y", 0}}, {.weak_hash = GetParam()});
  EXPECT_EQ(result.account.applied, 1u);
  EXPECT_EQ(final_alerts(result.revisions).size(), 2u) << "high, and a spike";
}

INSTANTIATE_TEST_SUITE_P(Hashes, IsolationLaw, testing::Bool(), [](const auto& with) { return with.param ? "Colliding" : "Good"; });

// A flood of faulty clocks and of backlogs costs no more than its own share of work: no pass over all that is kept for each
// event. Counted in events, not in time: what takes the square of this would not end.
TEST(IsolationLawOfWork, AFloodOfFaultyClocksEnds) {
  std::vector<Line> lines;
  for (std::uint32_t n = 1; n <= 20'000; ++n) lines.push_back(number_line("ill", day_zero_ms + 48 * hour_ms + n, n, 7, -48 * hour_ms));
  EXPECT_EQ(run(lines, {.batch = 1024}).account.applied, lines.size());
}

}  // namespace
}  // namespace vigia::counting
