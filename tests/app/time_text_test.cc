#include "app/time_text.h"

#include <gtest/gtest.h>

namespace vigia {
namespace {

const std::string guayaquil = "America/Guayaquil";  // UTC-5

TEST(TimeText, ReadsWhatPeopleWrite) {
  EXPECT_EQ(parse_time("1772600400000", guayaquil), 1772600400000);
  EXPECT_EQ(parse_time("2026-03-04", guayaquil), 1772600400000);
  EXPECT_EQ(parse_time("2026-03-04T00:00", guayaquil), 1772600400000);
  EXPECT_EQ(parse_time("2026-03-04 00:00:01", guayaquil), 1772600401000);
  EXPECT_EQ(parse_time("2026-03-04T05:00:00Z", guayaquil), 1772600400000);
}

TEST(TimeText, LengthsInWords) {
  EXPECT_EQ(length_words(0), "0 ms");
  EXPECT_EQ(length_words(906), "906 ms");
  EXPECT_EQ(length_words(45'900), "45 s");
  EXPECT_EQ(length_words(19 * 60'000 + 3'000), "19 min 3 s");
  EXPECT_EQ(length_words(19 * 60'000 + 999), "19 min");
  EXPECT_EQ(length_words(2 * 3'600'000 + 5 * 60'000), "2 h 5 min");
  EXPECT_EQ(length_words(28 * 3'600'000), "1 d 4 h");
}

TEST(TimeText, RefusesWhatIsNoTime) {
  for (const char* text : {"", "yesterday", "2026-13-04", "2026-03-04T25:00", "2026-03-04x", "12:30"}) {
    EXPECT_FALSE(parse_time(text, guayaquil)) << text;
  }
}

TEST(TimeText, WritesInTheZone) {
  EXPECT_EQ(format_time(1772600400000, guayaquil), "2026-03-04 00:00:00");
  EXPECT_EQ(format_time(1772600400000, "UTC"), "2026-03-04 05:00:00");
  EXPECT_EQ(format_time(0, guayaquil), "-");
}

}  // namespace
}  // namespace vigia
