#include "schemas/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace vigia {
namespace {

TEST(Utf8, OneHighByteAnywhereIsSeen) {
  for (std::size_t size = 0; size < 40; ++size) {
    EXPECT_TRUE(is_ascii(std::string(size, 'a')));
    for (std::size_t at = 0; at < size; ++at) {
      std::string text(size, 'a');
      text[at] = '\x80';
      EXPECT_FALSE(is_ascii(text)) << at << " of " << size;
      EXPECT_FALSE(is_utf8(text)) << at << " of " << size;
    }
  }
}

TEST(Utf8, TheEdgesOfEachForm) {
  for (const char* good : {"", "a", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
                           "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF",
                           "ma\xC3\xB1"
                           "ana"}) {
    EXPECT_TRUE(is_utf8(good)) << good;
  }
  for (const char* bad :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2z", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xE2\x82", "\xE2\x82z",
        "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xF0\x9F\x9A", "\xFF"}) {
    EXPECT_FALSE(is_utf8(bad)) << bad;
  }
}

}  // namespace
}  // namespace vigia
