// Alerts that come back: one of the same rule and subject as another that was closed a short time before names that one.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <random>

#include "tests/operators/kit/triage_kit.h"

namespace vigia::triage_kit {
namespace {

const std::string a3(32, 'c'), a4(32, 'd');

class Reactivation : public TriageTaskTest {
 protected:
  void SetUp() override {
    options.reactivate_within_ms = hour_ms;
    TriageTaskTest::SetUp();
  }
  // "STATUS", and of one that came back " reactivates ID (HOW MANY)", of the alert's last state.
  [[nodiscard]] std::string last(const std::string& id) const {
    const auto at = std::find_if(states.rbegin(), states.rend(), [&](const Alert& one) { return one.alert_id == id; });
    if (at == states.rend()) return "none";
    std::map<std::string, std::string> attributes;
    for (const auto& one : at->attributes) attributes[one->key] = one->value;
    std::string text(schema::name_of(at->triage_status));
    if (attributes.contains("reactivates"))
      text += fmt::format(" reactivates {} ({})", attributes["reactivates"].substr(0, 1), attributes["reactivations"]);
    return text;
  }
};

TEST_F(Reactivation, S2OneThatComesBackNamesTheOneThatWasClosed) {
  for (const bool restarted : {false, true}) {
    SCOPED_TRACE(restarted);
    restarts = restarted;
    states.clear();
    images.clear();
    clock = no_time_ms;
    begin();
    alert(0, {.end_ms = 500});
    command(1000, "attend", "garcia");
    alert(2000, {.id = a2});
    EXPECT_EQ(last(a2), "new reactivates a (1)")
        << "it is in the queue, and nobody need think that it is something new";
    EXPECT_EQ(last(a1), "attended");
    alert(3000, {.id = a2, .revision = 2, .end_ms = 2900});
    EXPECT_EQ(last(a2), "new reactivates a (1)");
    command(4000, "false_positive", "garcia", a2);
    EXPECT_EQ(last(a2), "false_positive reactivates a (1)");
    alert(5000, {.id = a3});
    EXPECT_EQ(last(a3), "new reactivates b (2)") << "for the second time within the hour";
    EXPECT_EQ(states.size(), 6u);
  }
}

TEST_F(Reactivation, OnlyWithinTheThreshold) {
  alert(0, {});
  command(1000, "attend", "garcia");
  alert(1000 + hour_ms, {.id = a2});
  EXPECT_EQ(last(a2), "new reactivates a (1)");
  alert(1001 + hour_ms, {.id = a3});
  EXPECT_EQ(last(a3), "new");
}

TEST_F(Reactivation, OnlyOneThatIsClosed) {
  alert(0, {});
  alert(1000, {.id = a2});
  EXPECT_EQ(last(a2), "new") << "the other is in the queue itself";
  command(2000, "attend", "garcia");
  command(3000, "acknowledge", "garcia");
  command(3000, "acknowledge", "lopez", a2);
  alert(4000, {.id = a3});
  EXPECT_EQ(last(a3), "new") << "the closing was taken back";
  command(5000, "attend", "garcia", a1, "again");
  alert(6000, {.id = a4});
  EXPECT_EQ(last(a4), "new reactivates a (1)");
  command(7000, "attend", "garcia", a1, "and again");
  EXPECT_EQ(last(a4), "new reactivates a (1)") << "what was known when it was raised stays";
}

TEST_F(Reactivation, OnlyOfTheSameRuleAndSubject) {
  alert(0, {});
  command(1000, "attend", "garcia");
  alert(2000, {.id = a2, .rule = "other"});
  alert(2000, {.id = a3, .subject = "d2"});
  EXPECT_EQ(last(a2), "new");
  EXPECT_EQ(last(a3), "new");
}

TEST_F(Reactivation, WithoutAThresholdNothingComesBack) {
  options.reactivate_within_ms = 0;
  begin();
  alert(0, {});
  command(1000, "attend", "garcia");
  alert(1001, {.id = a2});
  EXPECT_EQ(last(a2), "new");
}

TEST_F(Reactivation, OrderLawWhenAlertsWereRaisedAndClosedDecides) {
  constexpr TimeMs read_ms = 10'000;
  std::vector<std::function<void()>> inputs = {
      [&] { alert(read_ms, {.id = a1, .detected_ms = 0}); },
      [&] { alert(read_ms, {.id = a2, .detected_ms = 2000}); },
      [&] { alert(read_ms, {.id = a3, .detected_ms = 4000}); },
      [&] { alert(read_ms, {.id = a4, .detected_ms = 6000}); },
      [&] { command(read_ms, "attend", "garcia", a1, "", 1000); },
      [&] { command(read_ms, "false_positive", "garcia", a2, "", 3000); },
      [&] { command(read_ms, "acknowledge", "garcia", a1, "", 3500); },
      [&] { command(read_ms, "attend", "garcia", a3, "", 5000); },
      [&] { command(read_ms, "attend", "garcia", a4, "", 5500); },  // before it was raised, by its clock
  };
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    std::ranges::shuffle(inputs, random);
    states.clear();
    images.clear();
    clock = no_time_ms;
    restarts = round % 2 == 1;
    begin();
    for (const auto& input : inputs) input();
    ASSERT_EQ(last(a1), "acknowledged") << round;
    ASSERT_EQ(last(a2), "false_positive reactivates a (1)") << round;
    ASSERT_EQ(last(a3), "attended reactivates b (1)") << round << ": a was taken back";
    ASSERT_EQ(last(a4), "attended reactivates c (2)") << round;
  }
}

TEST_F(Reactivation, AReloadForgetsNothing) {
  alert(0, {});
  command(1000, "attend", "garcia");
  auto before = std::move(task);
  begin();
  take(task->take_over(*before));
  alert(2000, {.id = a2});
  EXPECT_EQ(last(a2), "new reactivates a (1)");
}

TEST_F(Reactivation, BoundedLawWhatIsLetGoOfIsForgotten) {
  options.bytes_max = 40'000;
  restarts = true;
  begin();
  const auto id = [](int i) { return fmt::format("{:032}", i); };
  for (int i = 0; i < 300; ++i) {
    alert(2 * i, {.id = id(i), .end_ms = 1});
    command(2 * i + 1, "attend", "garcia", id(i));
    EXPECT_LE(task->memory_bytes(), options.bytes_max + 2000);
  }
  const auto kept = task->key_count();
  EXPECT_LT(kept, 60u);
  alert(700, {.id = a1});
  EXPECT_EQ(last(a1), fmt::format("new reactivates 0 ({})", kept)) << "those that are known";
}

}  // namespace
}  // namespace vigia::triage_kit
