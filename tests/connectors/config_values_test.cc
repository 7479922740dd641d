// The small readers that configuration files are made of.
#include <gtest/gtest.h>

#include "connectors/environment.h"
#include "connectors/kafka_properties.h"
#include "connectors/quantity.h"
#include "connectors/suggestion.h"
#include "connectors/timezone.h"
#include "operators/opening_hours.h"

namespace vigia {
namespace {

TEST(Quantity, Durations) {
  EXPECT_EQ(parse_duration("250ms"), 250);
  EXPECT_EQ(parse_duration("15m"), 900'000);
  EXPECT_EQ(parse_duration("0s"), 0);
  EXPECT_EQ(parse_duration("2d"), 172'800'000);
  for (const char* text : {"", "15", "m", "1.5h", "-5m", "+5m", "15 m", "15min", "15M", "1h30m",
                           "99999999999999999999s", "9999999999999999d"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

TEST(Quantity, Sizes) {
  EXPECT_EQ(parse_size("2GiB"), std::int64_t{2} << 30);
  EXPECT_EQ(parse_size("1KiB"), 1024);
  for (const char* text : {"2GB", "2 GiB", "1024", "GiB", "-1MiB"}) EXPECT_EQ(parse_size(text), std::nullopt) << text;
}

TEST(Quantity, ReadsWhatItWrites) {
  for (const TimeMs duration_ms : {TimeMs{0}, TimeMs{1}, TimeMs{1500}, TimeMs{90'000}, TimeMs{3'600'000}}) {
    EXPECT_EQ(parse_duration(format_duration(duration_ms)), duration_ms);
  }
  EXPECT_EQ(format_duration(90'000), "90s");
  EXPECT_EQ(format_duration(86'400'000), "1d");
  EXPECT_EQ(format_size(std::int64_t{2} << 30), "2GiB");
}

EnvironmentReferences::Expanded expand(std::string_view text) {
  EnvironmentReferences references;
  const std::string hidden = references.hide(text);
  EXPECT_EQ(hidden.find("${A"), std::string::npos);
  return references.expand(hidden, [](const std::string& name) -> std::optional<std::string> {
    if (name == "SET") return "value: {}";
    if (name == "EMPTY") return "";
    return std::nullopt;
  });
}

TEST(Environment, PutsValuesIn) {
  EXPECT_EQ(expand("a ${SET} b").text, "a value: {} b");
  EXPECT_TRUE(expand("${SET}").substituted);
  EXPECT_FALSE(expand("no reference $SET {SET}").substituted);
  EXPECT_EQ(expand("${AWAY:-localhost:9092}").text, "localhost:9092");
  EXPECT_EQ(expand("${EMPTY:-other}").text, "other");
  EXPECT_EQ(expand("[${EMPTY}]").text, "[]");
  EXPECT_EQ(expand("${AWAY:-}").text, "");
  EXPECT_EQ(expand("${SET}${AWAY:-x}").text, "value: {}x");
}

TEST(Environment, SaysWhatIsWrong) {
  EXPECT_EQ(expand("${AWAY}").error, "${AWAY}, which is not set");
  EXPECT_NE(expand("${}").error, "");
  EXPECT_NE(expand("${1A}").error, "");
  EXPECT_NE(expand("${SET").error, "");
}

TEST(OpeningHours, ReadsDaysAndTimes) {
  using Spans = std::vector<OpenSpan>;
  EXPECT_EQ(parse_opening_hours("Thu 06:00-20:00"), (Spans{{3 * 1440 + 360, 3 * 1440 + 1200}}));
  EXPECT_EQ(parse_opening_hours("Mon-Tue 00:00-24:00"), (Spans{{0, 1440}, {1440, 2880}}));
  EXPECT_EQ(parse_opening_hours("Sun 20:00-06:00"), (Spans{{6 * 1440 + 1200, 7 * 1440 + 360}}));
  EXPECT_EQ(parse_opening_hours("Sat-Mon 08:00-08:00")->size(), 3u);
  EXPECT_EQ(parse_opening_hours("Sat-Mon 08:00-08:00")->front(), (OpenSpan{5 * 1440 + 480, 6 * 1440 + 480}));
  EXPECT_EQ(parse_opening_hours("Mon-Fri 06:00-20:00, Sat 08:00-12:00")->size(), 6u);
}

TEST(OpeningHours, RefusesEverythingElse) {
  for (const char* text : {"", "always", "Mon", "Mon 6:00-20:00", "Mon 06:00", "Mon 06:00-25:00", "Mon 06:60-20:00",
                           "Mon 24:00-06:00", "Mon-Fry 06:00-20:00", "mon 06:00-20:00", "Mon 06:00-20:00,",
                           "Mon 06:00-20:00; Tue 06:00-20:00", "Mon06:00-20:00", "Mon 06:00-20:00 x"}) {
    EXPECT_EQ(parse_opening_hours(text), std::nullopt) << text;
  }
}

TEST(Timezone, KnowsTheDatabase) {
  EXPECT_TRUE(is_timezone("UTC"));
  EXPECT_TRUE(is_timezone("America/Guayaquil"));
  EXPECT_FALSE(is_timezone("America/Guayaqil"));
  EXPECT_FALSE(is_timezone(""));
}

TEST(Suggestion, FindsWhatWasMeant) {
  EXPECT_EQ(nearest_name("limt", {"limit", "radius_m"}), "limit");
  EXPECT_EQ(nearest_name("raduis_m", {"limit", "radius_m"}), "radius_m");
  EXPECT_EQ(nearest_name("colour", {"limit", "radius_m"}), "");
  EXPECT_EQ(one_of("limt", {"limit", "id"}), "one of limit, id (did you mean limit?)");
}

TEST(KafkaProperties, RefusesWhatLosesData) {
  EXPECT_EQ(kafka_property_problem("security.protocol", "ssl"), "");
  EXPECT_EQ(kafka_property_problem("auto.offset.reset", "earliest"), "");
  EXPECT_EQ(kafka_property_problem("partition.assignment.strategy", "range"), "");
  for (const auto& [name, value] : {std::pair{"auto.offset.reset", "latest"},
                                    {"enable.auto.commit", "true"},
                                    {"group.id", "mine"},
                                    {"partition.assignment.strategy", "cooperative-sticky"},
                                    {"partition.assignment.strategy", "roundrobin"},
                                    {"partition.assignment.strategy", "range,roundrobin"}}) {
    EXPECT_NE(kafka_property_problem(name, value), "") << name;
  }
}

}  // namespace
}  // namespace vigia
