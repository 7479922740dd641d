#include "engine/parallel.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace vigia {
namespace {

// Without a lock: the fork comes before the work and the work before the join. The thread sanitizer watches.
TEST(Parallel, EachIndexOnceAndAllBeforeTheJoin) {
  tbb::task_arena arena(4);
  std::vector<std::string> texts(64);
  for (int round = 0; round < 200; ++round) {
    for (std::string& text : texts) text += 'a';
    arena.execute([&] { for_each_index(texts.size(), [&](std::size_t i) { texts[i] += std::to_string(i); }); });
    for (std::size_t i = 0; i < texts.size(); ++i) {
      ASSERT_EQ(texts[i], std::string("a").append(std::to_string(i)));
      texts[i].clear();
    }
  }
}

TEST(Parallel, OneIndexNeedsNoOtherThread) {
  int calls = 0;
  for_each_index(1, [&](std::size_t i) { calls += static_cast<int>(i) + 1; });
  EXPECT_EQ(calls, 1);
  for_each_index(0, [&](std::size_t) { ++calls; });
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace vigia
