#include "engine/unlisted_ids.h"

#include <gtest/gtest.h>

namespace vigia {
namespace {

TEST(UnlistedIds, CountsEventsByKindAndIdAndAddsUp) {
  UnlistedIds all, part;
  all.add("door", "gate");
  part.add("door", "gate");
  part.add("holder", "gate");
  all += part;
  EXPECT_EQ(all.size(), 2u);
  EXPECT_EQ(all.by_kind().at("door").at("gate"), 2u);
  EXPECT_EQ(all.by_kind().at("holder").at("gate"), 1u);
}

TEST(UnlistedIds, FurtherIdsThanTheBoundAreCountedTogether) {
  UnlistedIds all;
  const auto ids = UnlistedIds::ids_max + 7;
  for (std::size_t i = 0; i < 2 * ids; ++i) all.add("door", std::to_string(i % ids));
  EXPECT_EQ(all.size(), UnlistedIds::ids_max);
  EXPECT_EQ(all.others(), 14u);
  EXPECT_EQ(all.by_kind().at("door").at("0"), 2u);
  UnlistedIds sum;
  sum += all;
  sum += all;
  EXPECT_EQ(sum.others(), 28u);
}

}  // namespace
}  // namespace vigia
