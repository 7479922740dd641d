#include "connectors/configuration.h"

#include <gtest/gtest.h>

#include "connectors/pipeline_config.h"
#include "schemas/configuration_generated.h"
#include "tests/connectors/temp_directory.h"

namespace vigia {
namespace {

constexpr const char* zones = R"({"type":"FeatureCollection","features":[{"type":"Feature",
  "properties":{"id":"yard","kind":"depot","radius_m":100},"geometry":{"type":"Point","coordinates":[1,2]}}]})";

LoadedPipeline load(const std::string& rules, const std::string& site = zones) {
  const test::TempDirectory directory;
  directory.write("zones.geojson", site);
  directory.write("doors.yaml", "doors: [{id: d}]\n");
  auto loaded = load_pipeline(
      directory.write("pipeline.yaml",
                      "application: test\ntimezone: America/Guayaquil\nkafka: {properties: {sasl.password: secret}}\n"
                      "site: [zones.geojson, doors.yaml]\n"
                      "sources: [{topic: s, stream: seal}, {topic: t, stream: trip}]\nrules:\n" +
                          rules));
  EXPECT_EQ(format_errors(loaded.errors), "");
  return loaded;
}

constexpr const char* every_type =
    R"(  - {id: stop, kind: unauthorized_stop, limit: 17m, radius_m: 55.5, message: "stands", severity: low}
  - {id: low, kind: seal_condition, conditions: [low_battery, jamming], scope: always, only: {id: [a*], zone: [y], site: [z]}}
  - {id: route, kind: route_deviation, confirmations: 4, category: attention_major}
)";

TEST(Configuration, ComesBackAsItWas) {
  const auto loaded = load(every_type);
  const std::string bytes = encode(loaded.configuration);
  Configuration back;
  const Status status = decode(bytes, back);
  ASSERT_TRUE(status.ok()) << status.text;
  ASSERT_EQ(back.rules.size(), loaded.pipeline.rules.size());
  for (std::size_t i = 0; i < back.rules.size(); ++i)
    EXPECT_EQ(canonical_text(back.rules[i]), canonical_text(loaded.pipeline.rules[i]));
  EXPECT_EQ(back.timezone, "America/Guayaquil");
  EXPECT_EQ(back.hash(), loaded.configuration.hash());
  std::shared_ptr<const SiteModel> site;
  ASSERT_TRUE(build_site(back, site).ok());
  EXPECT_EQ(site->content_hash(), loaded.site.content_hash());
  EXPECT_EQ(bytes.find("secret"), std::string::npos);
}

TEST(Configuration, TheHashIsThatOfWhatDecidesAboutAlerts) {
  const auto hash = load(every_type).configuration.hash();
  EXPECT_TRUE(hash.is_known());
  EXPECT_EQ(load(every_type).configuration.hash(), hash) << "wherever the files lie";
  EXPECT_NE(load("  - {id: stop, kind: unauthorized_stop}\n").configuration.hash(), hash);
  EXPECT_NE(load(every_type, R"({"type":"FeatureCollection","features":[]})").configuration.hash(), hash);
}

TEST(Configuration, BytesOfNoConfigurationAndOfOneThatNeedsAnotherVersion) {
  Configuration out;
  EXPECT_EQ(decode("rubbish", out).fault, Fault::damaged);
  EXPECT_EQ(decode("", out).fault, Fault::damaged);
  for (const bool kind : {true, false}) {
    schema::ConfigurationT newer;
    newer.rules.push_back(std::make_unique<schema::RuleT>());
    newer.rules[0]->id = "r";
    newer.rules[0]->kind = kind ? "mind_reading" : "unauthorized_stop";
    newer.rules[0]->parameters.push_back(std::make_unique<schema::RuleParameterT>());
    newer.rules[0]->parameters[0]->name = "depth";
    flatbuffers::FlatBufferBuilder builder;
    builder.Finish(schema::Configuration::Pack(builder, &newer));
    const Status status = decode({reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()}, out);
    EXPECT_EQ(status.fault, Fault::refused);
    EXPECT_NE(status.text.find("rule r of kind"), std::string::npos) << status.text;
  }
}

TEST(Configuration, ParametersThatCameLaterHaveTheirDefaults) {
  auto loaded = load("  - {id: stop, kind: unauthorized_stop, limit: 17m}\n");
  loaded.configuration.rules[0].params.erase("radius_m");
  Configuration back;
  ASSERT_TRUE(decode(encode(loaded.configuration), back).ok());
  EXPECT_EQ(back.rules[0].number("radius_m"), 100);
  EXPECT_EQ(back.rules[0].duration_ms("limit"), 17 * 60'000);
}

TEST(Configuration, DifferencesAreSaidByName) {
  const auto before = load(every_type).configuration;
  const auto after = load("  - {id: stop, kind: unauthorized_stop}\n  - {id: new, kind: seal_tampered}\n",
                          R"({"type":"FeatureCollection","features":[]})")
                         .configuration;
  EXPECT_EQ(differences(before, after),
            (std::vector<std::string>{"rule low is gone", "rule route is gone", "zone yard is gone", "rule new is new",
                                      "rule stop has changed"}));
  EXPECT_TRUE(differences(before, before).empty());
}

}  // namespace
}  // namespace vigia
