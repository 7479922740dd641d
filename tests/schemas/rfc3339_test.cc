#include "schemas/rfc3339.h"

#include <gtest/gtest.h>

namespace vigia {
namespace {

TEST(Rfc3339, ReadsOffsetsAndFractions) {
  constexpr std::int64_t time_ms = 1'628'672'647'468;
  for (const char* text :
       {"2021-08-11T09:04:07.468Z", "2021-08-11T09:04:07.468+00:00", "2021-08-11T09:04:07.468+0000",
        "2021-08-11T04:04:07.468-05:00", "2021-08-11t14:34:07.468999999+05:30", "2021-08-11 10:04:07.468+01"})
    EXPECT_EQ(parse_rfc3339(text), time_ms) << text;
  EXPECT_EQ(parse_rfc3339("2021-08-11T09:04:07Z"), time_ms - 468);
  EXPECT_EQ(parse_rfc3339("2021-08-11T09:04:07.4Z"), time_ms - 68);
  EXPECT_EQ(parse_rfc3339("1969-12-31T23:59:59.999Z"), -1);
  EXPECT_EQ(parse_rfc3339("2024-02-29T00:00:00Z"), 1'709'164'800'000);
}

TEST(Rfc3339, RefusesWhatIsNoTime) {
  for (const char* text :
       {"", "2021-08-11", "2021-08-11T09:04:07", "2021-08-11T09:04:07.Z", "2021-02-29T00:00:00Z",
        "2021-13-01T00:00:00Z", "2021-08-11T24:00:00Z", "2021-08-11T09:61:07Z", "2021-08-11T09:04:07Zx",
        "2021-08-11T09:04:07+1", "1628672647468", "20a1-08-11T09:04:07Z", "2021-08-11T09:04:07 00:00"})
    EXPECT_EQ(parse_rfc3339(text), std::nullopt) << text;
}

TEST(Rfc3339, WritesWhatItReads) {
  EXPECT_EQ(format_rfc3339(1'700'000'000'123), "2023-11-14T22:13:20.123Z");
  EXPECT_EQ(format_rfc3339(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(format_rfc3339(-1), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(parse_rfc3339(format_rfc3339(253'402'300'799'999)), 253'402'300'799'999);
}

}  // namespace
}  // namespace vigia
