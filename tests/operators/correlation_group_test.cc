// Where groups and their events lie, against the standard containers.
#include "operators/correlation_group.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

namespace vigia {
namespace {

CorrelationEvent at(TimeMs ms) { return {ms, ms, 0, 1}; }

std::vector<TimeMs> starts_of(const EventList& events) {
  std::vector<TimeMs> starts;
  for (const auto& event : events) starts.push_back(event.start_ms);
  return starts;
}

TEST(EventList, IsAsAVectorIs) {
  std::mt19937_64 random(3);
  EventList list;
  std::vector<TimeMs> expected;
  for (int i = 0; i < 20'000; ++i) {
    const auto size = expected.size();
    const auto is_growing = i / 500 % 2 == 0;
    if (size == 0 || random() % 10 < (is_growing ? 7u : 3u)) {
      const auto place = static_cast<std::ptrdiff_t>(random() % (size + 1));
      list.insert(list.begin() + place, at(i));
      expected.insert(expected.begin() + place, i);
    } else {
      const auto first = static_cast<std::ptrdiff_t>(random() % size);
      const auto last = std::min(first + 1 + static_cast<std::ptrdiff_t>(random() % 3), std::ssize(expected));
      list.erase(list.begin() + first, list.begin() + last);
      expected.erase(expected.begin() + first, expected.begin() + last);
    }
    ASSERT_EQ(starts_of(list), expected) << "step " << i;
  }
  list.clear();
  EXPECT_TRUE(list.empty());
}

// Few hashes, so that most groups share theirs with others; values that lie in the group and such as don't.
TEST(GroupTable, TellsGroupsOfOneHashApart) {
  std::mt19937_64 random(4);
  GroupTable table;
  std::map<std::pair<std::uint32_t, std::string>, std::uint32_t> numbers;
  std::set<std::uint32_t> in_use;
  const auto hash_of = [](const std::string& values) { return static_cast<std::uint32_t>(values.size() % 40); };
  for (int i = 0; i < 20'000; ++i) {
    const auto rule = static_cast<std::uint32_t>(random() % 3);
    const auto values = std::string(random() % 70, static_cast<char>('a' + random() % 4));
    const auto hash = hash_of(values);
    const auto known = numbers.find({rule, values});
    ASSERT_EQ(table.find(hash, rule, values), known == numbers.end() ? GroupTable::none : known->second);
    if (known == numbers.end()) {
      const auto number = table.add(hash, rule, values);
      EXPECT_TRUE(in_use.insert(number).second) << "a number of its own";
      EXPECT_EQ(table.at(number).values.view(), values);
      EXPECT_TRUE(table.at(number).events.empty());
      table.at(number).events.insert(table.at(number).events.end(), at(i));
      table.at(number).with_rest().texts.push_back("x");
      numbers[{rule, values}] = number;
    } else if (random() % 2 == 0) {
      table.remove(known->second);
      in_use.erase(known->second);
      numbers.erase(known);
    }
  }
  std::set<std::uint32_t> visited;
  table.for_each([&](std::uint32_t number, const CorrelationGroup&) { visited.insert(number); });
  EXPECT_EQ(visited, in_use);
  GroupTable other;
  other.swap(table);
  for (const auto& [key, number] : numbers) {
    EXPECT_EQ(other.find(hash_of(key.second), key.first, key.second), number);
    EXPECT_EQ(table.find(hash_of(key.second), key.first, key.second), GroupTable::none);
  }
}

}  // namespace
}  // namespace vigia
