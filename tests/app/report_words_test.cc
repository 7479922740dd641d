#include "app/report_words.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "operators/rule.h"
#include "schemas/enum_names.h"

namespace vigia {
namespace {

bool is_there(std::string_view group, std::string_view name) {
  const auto key = std::string(group) + "." + std::string(name);
  return std::ranges::find(report_words(), key, &Words::key) != report_words().end();
}

TEST(ReportWords, EveryKeyOnceInOrderAndInBothLanguages) {
  EXPECT_TRUE(std::ranges::is_sorted(report_words(), std::ranges::less{}, &Words::key));
  std::set<std::string_view> keys;
  for (const Words& one : report_words()) {
    EXPECT_TRUE(keys.insert(one.key).second) << one.key;
    EXPECT_EQ(one.english.empty(), one.spanish.empty()) << one.key;
    EXPECT_TRUE(!one.english.empty() || one.key.ends_with(".unknown")) << one.key;
    EXPECT_EQ(words(Language::english, one.key), one.english);
    EXPECT_EQ(words(Language::spanish, one.key), one.spanish);
  }
}

template <class Enum>
void expect_all(std::string_view group) {
  for (int i = static_cast<int>(Enum::MIN); i <= static_cast<int>(Enum::MAX); ++i)
    EXPECT_TRUE(is_there(group, schema::name_of(static_cast<Enum>(i)))) << group << " " << i;
}

TEST(ReportWords, EveryKindOfRuleAndEveryEnumeratorHasItsWords) {
  for (const KindSpec& kind : rule_kinds()) EXPECT_TRUE(is_there("kind", kind.kind)) << kind.kind;
  for (const char* kind : {"incident", "source_silent", "records_lost"}) EXPECT_TRUE(is_there("kind", kind)) << kind;
  expect_all<schema::AlertStatus>("status");
  expect_all<schema::Severity>("severity");
  expect_all<schema::Category>("category");
  for (const char* category : {"attention_medium", "attention_major"}) EXPECT_TRUE(is_there("response", category));
  expect_all<schema::TriageStatus>("triage");
  expect_all<schema::TripConcept>("concept");
  expect_all<schema::TripAction>("action");
  expect_all<schema::AccessKind>("access");
  expect_all<schema::HolderClass>("class");
  expect_all<schema::Direction>("direction");
}

TEST(ReportWords, ANameWithoutWordsStandsForItself) {
  EXPECT_EQ(words_for(Language::spanish, "kind", "of_a_later_version"), "of_a_later_version");
  EXPECT_EQ(words_for(Language::spanish, "kind", "seal_opened"), "precinto abierto");
  EXPECT_EQ(language_of("es"), Language::spanish);
  EXPECT_FALSE(language_of("de"));
}

}  // namespace
}  // namespace vigia
