#include "engine/key_table.h"

#include <map>
#include <random>

#include <gtest/gtest.h>

namespace vigia {
namespace {

TEST(KeyTable, FindsWhatWasInserted) {
  KeyTable table;
  EXPECT_EQ(table.find(KeyHash{1}, "a"), KeyTable::none);
  table.insert(KeyHash{1}, "a", 42);
  EXPECT_EQ(table.find(KeyHash{1}, "a"), 42u);
  EXPECT_EQ(table.find(KeyHash{1}, "b"), KeyTable::none);
  EXPECT_EQ(table.find(KeyHash{2}, "a"), KeyTable::none);
}

TEST(KeyTable, KeysOfOneHashAreToldApart) {
  KeyTable table;
  const std::string long_a(100, 'a'), long_b = std::string(99, 'a') + "b";
  const std::string keys[] = {"",
                              "a",
                              "b",
                              long_a,
                              long_b,
                              std::string(KeyTable::inline_bytes, 'x'),
                              std::string(KeyTable::inline_bytes + 1, 'x')};
  std::uint32_t number = 0;
  for (const auto& key : keys) table.insert(KeyHash{7}, key, number++);
  number = 0;
  for (const auto& key : keys) EXPECT_EQ(table.find(KeyHash{7}, key), number++) << key;
  EXPECT_EQ(table.find(KeyHash{7}, "c"), KeyTable::none);
  EXPECT_EQ(table.size(), std::size(keys));
}

TEST(KeyTable, KeysWithAZeroByteAreWholeKeys) {
  KeyTable table;
  table.insert(KeyHash{7}, std::string_view("a\0b", 3), 1);
  table.insert(KeyHash{7}, std::string_view("a\0c", 3), 2);
  EXPECT_EQ(table.find(KeyHash{7}, std::string_view("a\0b", 3)), 1u);
  EXPECT_EQ(table.find(KeyHash{7}, std::string_view("a\0c", 3)), 2u);
  EXPECT_EQ(table.find(KeyHash{7}, "a"), KeyTable::none);
}

TEST(KeyTable, GrowsAndVisitsAllOnce) {
  for (const std::uint64_t spread : {1ull, 1ull << 8, 0x9e3779b97f4a7c15ull, 0ull}) {  // 0: all in one chain
    KeyTable table;
    std::map<std::string, std::uint32_t> expected;
    for (std::uint32_t i = 0; i < (spread == 0 ? 300u : 5000u); ++i) {
      const auto key = (i % 3 == 0 ? "a-key-that-does-not-fit-the-bucket-" : "k") + std::to_string(i);
      table.insert(KeyHash{i * spread}, key, i);
      expected[key] = i;
    }
    for (const auto& [key, number] : expected) ASSERT_EQ(table.find(KeyHash{number * spread}, key), number);
    table.for_each([&](std::string_view key, std::uint32_t number) {
      const auto found = expected.find(std::string(key));
      ASSERT_NE(found, expected.end()) << key;
      EXPECT_EQ(found->second, number);
      expected.erase(found);
    });
    EXPECT_TRUE(expected.empty());
  }
}

TEST(KeyTable, AccountsForItsLongKeys) {
  KeyTable few, many;
  for (std::uint32_t i = 0; i < 40; ++i) {
    few.insert(KeyHash{i << 8}, std::to_string(i), i);
    many.insert(KeyHash{i << 8}, std::string(1000, 'x') + std::to_string(i), i);
  }
  EXPECT_GT(many.memory_bytes(), few.memory_bytes() + 40'000);
}

}  // namespace
}  // namespace vigia
