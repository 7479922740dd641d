// Silences against the definition, in every order in which messages may be read.
#include "operators/silences.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <tuple>

namespace vigia {
namespace {

constexpr TimeMs limit_ms = 600'000;
constexpr TimeMs minute_ms = 60'000;

struct Expected {
  TimeMs from_ms, to_ms;
  int before;
  bool has_backlog;
  int within;
  friend bool operator==(const Expected&, const Expected&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Expected& e) {
    return out << e.from_ms << " to " << e.to_ms << ", before " << e.before << ", backlog " << e.has_backlog << " "
               << e.within;
  }
};

std::vector<Expected> by_definition(std::vector<Silences::Message> messages) {
  std::ranges::sort(messages, {}, [](const auto& m) { return std::tuple(m.broker_ms, m.conditions); });
  std::vector<Expected> expected;
  for (std::size_t i = 1; i < messages.size(); ++i) {
    const auto &last = messages[i - 1], &next = messages[i];
    if (next.broker_ms - last.broker_ms <= limit_ms) continue;
    Expected silence{last.broker_ms, next.broker_ms, last.conditions, false, 0};
    for (const auto& m : messages) {
      if (!m.was_kept() || m.made_ms <= silence.from_ms || m.made_ms >= silence.to_ms) continue;
      silence.has_backlog = true;
      silence.within |= m.conditions;
    }
    expected.push_back(silence);
  }
  return expected;
}

std::vector<Expected> told(const Silences& silences) {
  std::vector<Expected> all;
  for (const Silence& silence : silences.all()) {
    const auto backlog = silences.backlog_of(silence);
    all.push_back({silence.from_ms, silence.to_ms, silence.conditions_before, backlog.any, backlog.conditions});
  }
  return all;
}

Silences after(const std::vector<Silences::Message>& messages) {
  Silences silences;
  TimeMs heard = no_time_ms;
  for (const auto& message : messages) {
    if (heard == no_time_ms)
      silences.begin(message);
    else
      silences.hear(message, heard, limit_ms);
    heard = std::max(heard, message.broker_ms * 256 + message.conditions);
  }
  return silences;
}

TEST(Silences, AreThoseOfTheSetInWhateverOrderItIsRead) {
  std::mt19937 random(4711);
  const auto roll = [&](int sides) { return static_cast<int>(random() % static_cast<unsigned>(sides)); };
  for (int world = 0; world < 2'000; ++world) {
    std::vector<Silences::Message> messages;
    const int count = 2 + roll(12);
    for (int i = 0; i < count; ++i) {
      const TimeMs broker_ms = roll(100) * minute_ms + roll(3);
      const TimeMs delay_ms = roll(2) == 0 ? roll(9'000) : roll(60) * minute_ms;
      messages.push_back({broker_ms, broker_ms - delay_ms, static_cast<std::uint8_t>(1 << roll(3)), roll(10) == 0, {}});
    }
    const auto expected = by_definition(messages);
    for (int order = 0; order < 6; ++order) {
      std::ranges::shuffle(messages, random);
      ASSERT_EQ(told(after(messages)), expected) << "world " << world << ", order " << order;
    }
  }
}

TEST(Silences, OneThatIsShortenedLaterLosesWhatWasMadeBehindIt) {
  constexpr std::uint8_t jamming = 2;
  const Silences::Message first{0, 0, 0, false, {}}, newest{50 * minute_ms, 49 * minute_ms, jamming, false, {}},
      within{45 * minute_ms, 45 * minute_ms, 0, false, {}};
  EXPECT_EQ(told(after({first, newest})), (std::vector<Expected>{{0, 50 * minute_ms, 0, true, jamming}}));
  EXPECT_EQ(told(after({first, newest, within})), (std::vector<Expected>{{0, 45 * minute_ms, 0, false, 0}}));
}

TEST(Silences, AMessageThatWasOnItsWayForSecondsIsNoBacklog) {
  const Silences::Message first{0, 0, 0, false, {}}, fresh{30 * minute_ms, 30 * minute_ms - 2'000, 0, false, {}};
  EXPECT_EQ(told(after({first, fresh})), (std::vector<Expected>{{0, 30 * minute_ms, 0, false, 0}}));
}

TEST(Silences, ComeBackFromBytesAsTheyWere) {
  const Silences silences = after({{0, 0, 1, false, {}},
                                   {50 * minute_ms, 50 * minute_ms, 0, false, {}},
                                   {51 * minute_ms, 20 * minute_ms, 4, false, {}}});
  std::string bytes;
  ByteWriter out(bytes);
  silences.write(out);
  Silences read;
  ByteReader in(bytes);
  read.read(in);
  EXPECT_TRUE(in.at_end() && !in.failed);
  EXPECT_EQ(told(read), told(silences));
  EXPECT_EQ(told(read), (std::vector<Expected>{{0, 50 * minute_ms, 1, true, 4}}));
}

TEST(Silences, WhatLiesBeforeIsForgottenButNotTheBacklogOfOneThatReachesBeyond) {
  Silences silences = after({{0, 0, 0, false, {}},
                             {20 * minute_ms, 20 * minute_ms, 0, false, {}},
                             {50 * minute_ms, 50 * minute_ms, 0, false, {}},
                             {51 * minute_ms, 10 * minute_ms, 1, false, {}},
                             {51 * minute_ms, 25 * minute_ms, 2, false, {}}});
  silences.trim(30 * minute_ms);
  EXPECT_EQ(told(silences), (std::vector<Expected>{{20 * minute_ms, 50 * minute_ms, 0, true, 2}}));
}

}  // namespace
}  // namespace vigia
