// The file that state is spilled into: what is written is read, room is used again, and a disk without room is told.
#include "connectors/spill_file.h"

#include <sys/resource.h>

#include <csignal>
#include <map>
#include <random>

#include <gtest/gtest.h>

#include "tests/connectors/temp_directory.h"

namespace vigia {
namespace {

constexpr std::size_t segment_bytes = 4096;

std::string thing(std::uint64_t number, std::size_t units) {
  std::mt19937_64 random(number);
  std::string bytes(units * ColdPlace::unit_bytes, '\0');
  for (auto& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

std::string read_one(SpillFile& file, ColdPlace place) {
  std::string read;
  const ColdPlace places[] = {place};
  EXPECT_TRUE(file.read(places, [&](std::size_t, std::string_view bytes) { read = bytes; })) << file.error();
  return read;
}

// Against a map: things come and go, of sizes from one unit to several segments.
TEST(SpillFile, WhatIsWrittenIsReadUntilItIsReleased) {
  test::TempDirectory directory;
  SpillFile file(directory / "spill", segment_bytes);
  std::mt19937_64 random(1);
  std::map<std::uint64_t, std::pair<std::string, std::uint64_t>> things;  // by offset: bytes, number
  for (std::uint64_t number = 0; number < 5'000; ++number) {
    const auto bytes = thing(number, number % 97 == 0 ? 150 : 1 + random() % 20);
    const auto at = file.write(bytes);
    ASSERT_TRUE(at) << file.error();
    EXPECT_EQ(*at % ColdPlace::unit_bytes, 0u);
    EXPECT_TRUE(things.emplace(*at, std::pair(bytes, number)).second) << "a place that is taken";
    while (things.size() > 100) {
      auto gone = things.begin();
      std::advance(gone, random() % things.size());
      const auto& [offset, what] = *gone;
      EXPECT_EQ(read_one(file, ColdPlace::of(offset, what.first.size())), what.first) << what.second;
      file.release(offset, what.first.size());
      things.erase(gone);
    }
    if (const auto stretch = file.sparse()) {
      std::string bytes_of_stretch;
      ASSERT_TRUE(file.read_at(stretch->offset_bytes, stretch->bytes, bytes_of_stretch));
      for (auto each = things.lower_bound(stretch->offset_bytes);
           each != things.end() && each->first < stretch->offset_bytes + stretch->bytes; each = things.erase(each)) {
        const auto& [offset, what] = *each;
        EXPECT_EQ(bytes_of_stretch.substr(offset - stretch->offset_bytes, what.first.size()), what.first);
        file.release(offset, what.first.size());
      }
    }
  }
  EXPECT_LE(file.disk_bytes(), 100 * 150 * ColdPlace::unit_bytes * 2) << "room is used again";
  std::vector<ColdPlace> places;
  for (const auto& [offset, what] : things) places.push_back(ColdPlace::of(offset, what.first.size()));
  std::size_t read = 0;
  EXPECT_TRUE(file.read(places, [&](std::size_t i, std::string_view bytes) {
    EXPECT_EQ(bytes, things.at(places[i].offset_bytes()).first);
    ++read;
  }));
  EXPECT_EQ(read, places.size());
}

TEST(SpillFile, LeavesNothingBehind) {
  test::TempDirectory directory;
  {
    SpillFile file(directory / "spill", segment_bytes);
    ASSERT_TRUE(file.write(thing(1, 3)));
    EXPECT_TRUE(std::filesystem::is_empty(directory / "spill"));
  }
  EXPECT_TRUE(std::filesystem::is_empty(directory / "spill"));
}

TEST(SpillFile, WithoutRoomNothingIsWrittenAndWhatIsThereStays) {
  test::TempDirectory directory;
  SpillFile file(directory / "spill", segment_bytes);
  const auto first = thing(1, 30), second = thing(2, 60);
  const auto at = file.write(first);
  ASSERT_TRUE(at);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{segment_bytes + 64, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  EXPECT_FALSE(file.write(second));
  EXPECT_NE(file.error().find("can't write"), std::string::npos) << file.error();
  EXPECT_EQ(read_one(file, ColdPlace::of(*at, first.size())), first);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  const auto later = file.write(second);
  ASSERT_TRUE(later);
  EXPECT_EQ(read_one(file, ColdPlace::of(*later, second.size())), second);
  EXPECT_EQ(read_one(file, ColdPlace::of(*at, first.size())), first);
}

TEST(SpillFile, WithoutADirectoryNothingIsWritten) {
  test::TempDirectory directory;
  SpillFile file(directory.write("a-file", "") + "/spill", segment_bytes);
  EXPECT_FALSE(file.write(thing(1, 1)));
  EXPECT_NE(file.error(), "");
}

TEST(SpillFile, WhatWasNeverWrittenCanNotBeRead) {
  test::TempDirectory directory;
  SpillFile file(directory / "spill", segment_bytes);
  std::string out;
  EXPECT_FALSE(file.read_at(0, 64, out));
  ASSERT_TRUE(file.write(thing(1, 1)));
  EXPECT_FALSE(file.read_at(1 << 20, 64, out));
  const ColdPlace places[] = {ColdPlace::of(1 << 20, 64)};
  EXPECT_FALSE(file.read(places, [](std::size_t, std::string_view) {}));
}

}  // namespace
}  // namespace vigia
