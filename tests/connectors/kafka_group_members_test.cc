#include "connectors/kafka_group_members.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>

namespace vigia::test {
namespace {

// As librdkafka's range assignor shares the numbers out.
std::vector<GroupMember> members(const std::vector<std::string>& ids, std::int32_t partitions) {
  std::vector<GroupMember> all;
  const auto count = static_cast<std::int32_t>(ids.size());
  std::int32_t next = 0;
  for (std::int32_t i = 0; i < count; ++i) {
    GroupMember& member = all.emplace_back(GroupMember{ids[static_cast<std::size_t>(i)], {}, {}});
    const std::int32_t share = partitions / count + (i < partitions % count ? 1 : 0);
    for (std::int32_t n = 0; n < share; ++n) member.numbers.push_back(PartitionId{next++});
  }
  return all;
}

std::map<std::int32_t, std::string> owners(const std::vector<GroupMember>& all) {
  std::map<std::int32_t, std::string> found;
  for (const GroupMember& member : all)
    for (const PartitionId number : member.numbers) found[number.value] = member.id;
  return found;
}

TEST(StandbyNumbers, TwoMembersKeepEachOthers) {
  const auto both = members({"a", "b"}, 5);
  EXPECT_EQ(standby_numbers(both, "a", 5), both[1].numbers);
  EXPECT_EQ(standby_numbers(both, "b", 5), both[0].numbers);
}

TEST(StandbyNumbers, AloneOrAStrangerKeepsNothing) {
  EXPECT_TRUE(standby_numbers(members({"a"}, 5), "a", 5).empty());
  EXPECT_TRUE(standby_numbers(members({"a", "b"}, 5), "c", 5).empty());
}

// Each number has one copy, elsewhere; and whichever number changes hands when one leaves, goes to who has its copy.
TEST(StandbyNumbers, WhoeverLeavesWhatChangesHandsIsTakenOnFromItsCopy) {
  for (std::int32_t partitions = 1; partitions <= 24; ++partitions) {
    for (std::size_t count = 2; count <= 7; ++count) {
      std::vector<std::string> ids;
      for (std::size_t i = 0; i < count; ++i) ids.push_back(fmt::format("m{}", i));
      const auto all = members(ids, partitions);
      const auto before = owners(all);
      std::map<std::int32_t, std::string> copies;
      for (const std::string& id : ids) {
        for (const PartitionId number : standby_numbers(all, id, partitions)) {
          EXPECT_TRUE(copies.emplace(number.value, id).second) << "two copies of " << number.value;
          EXPECT_NE(before.at(number.value), id);
        }
      }
      EXPECT_EQ(copies.size(), static_cast<std::size_t>(partitions));
      for (std::size_t gone = 0; gone < count; ++gone) {
        auto left = ids;
        left.erase(left.begin() + static_cast<std::ptrdiff_t>(gone));
        const auto after = owners(members(left, partitions));
        for (const auto& [number, owner] : before) {
          if (after.at(number) == owner) continue;
          EXPECT_EQ(after.at(number), copies.at(number))
              << number << " of " << partitions << ", " << ids[gone] << " left";
        }
      }
    }
  }
}

}  // namespace
}  // namespace vigia::test
