#include "engine/bytes.h"

#include <gtest/gtest.h>

namespace vigia {
namespace {

TEST(Bytes, RoundTrip) {
  std::string bytes;
  ByteWriter out(bytes);
  out.put(std::uint8_t{7});
  out.put(std::int64_t{-5});
  out.put_text("text with \xff");
  out.put_text("");
  out.put_raw("raw", 3);
  ByteReader in(bytes);
  EXPECT_EQ(in.get<std::uint8_t>(), 7);
  EXPECT_EQ(in.get<std::int64_t>(), -5);
  EXPECT_EQ(in.get_text(), "text with \xff");
  EXPECT_EQ(in.get_text(), "");
  EXPECT_EQ(in.take(3), "raw");
  EXPECT_TRUE(in.at_end());
  EXPECT_FALSE(in.failed);
}

TEST(Bytes, BeyondTheEndItFailsAndGivesZeroes) {
  const std::string bytes = "\x01\x02\x03";
  ByteReader in(bytes);
  EXPECT_EQ(in.get<std::uint32_t>(), 0u);
  EXPECT_TRUE(in.failed);
  EXPECT_EQ(in.get<std::uint8_t>(), 0) << "nothing comes after a failure";
}

TEST(Bytes, ALengthBeyondTheEndFails) {
  std::string bytes;
  ByteWriter(bytes).put(std::uint32_t{0xffffffff});
  bytes += "abc";
  ByteReader in(bytes);
  EXPECT_EQ(in.get_text(), "");
  EXPECT_TRUE(in.failed);
}

TEST(Bytes, EveryTruncationFails) {
  std::string bytes;
  ByteWriter out(bytes);
  out.put_text("some words");
  out.put(std::int64_t{1});
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const auto cut = bytes.substr(0, length);
    ByteReader in(cut);
    static_cast<void>(in.get_text());
    static_cast<void>(in.get<std::int64_t>());
    EXPECT_TRUE(in.failed) << length;
  }
}

}  // namespace
}  // namespace vigia
