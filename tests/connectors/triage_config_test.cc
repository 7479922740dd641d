// What a pipeline and its site files say of triage.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config_files.h"
#include "connectors/configuration.h"
#include "connectors/pipeline_config.h"

namespace vigia::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* least = "application: a\nsources: [{topic: t, stream: seal}, {topic: c, stream: command}]\n";

TEST(TriageConfig, RulesSayWhoIsInChargeAndWhenTheyMayBeClosed) {
  const ConfigFiles files;
  const auto loaded = files.load(std::string(least) + "rules:\n- {id: a, kind: seal_opened, scope: always}\n" +
                                 "- {id: b, kind: seal_opened, scope: always, route: deputy, attend_when: cleared}\n");
  ASSERT_TRUE(loaded.ok()) << format_errors(loaded.errors);
  EXPECT_EQ(loaded.pipeline.outputs.triage, "a.triage");
  EXPECT_EQ(loaded.pipeline.outputs.replies, "vigia.commands.replies");
  const auto& rules = loaded.pipeline.rules;
  EXPECT_EQ(rules[0].triage, TriageSpec());
  EXPECT_EQ(rules[1].triage, (TriageSpec{AlertRoute::deputy, true}));
  Configuration back;
  ASSERT_TRUE(decode(encode(loaded.configuration), back).ok());
  EXPECT_EQ(back.rules[0].triage, TriageSpec());
  EXPECT_EQ(back.rules[1].triage, rules[1].triage);
  EXPECT_EQ(back.hash(), loaded.configuration.hash());
}

TEST(TriageConfig, S2HowSoonAnAlertComesBack) {
  const ConfigFiles files;
  const auto plain = files.load(least);
  ASSERT_TRUE(plain.ok()) << format_errors(plain.errors);
  EXPECT_EQ(plain.pipeline.reactivate_within_ms, 0);
  const auto loaded = files.load(std::string(least) + "triage: {reactivate_within: 1h}\n");
  ASSERT_TRUE(loaded.ok()) << format_errors(loaded.errors);
  EXPECT_EQ(loaded.pipeline.reactivate_within_ms, 3'600'000);
  EXPECT_EQ(loaded.configuration.hash(), plain.configuration.hash()) << "no alert depends on it";

  const auto nobody =
      files.load("application: a\nsources: [{topic: t, stream: seal}]\ntriage: {reactivate_within: 1h}\n");
  EXPECT_THAT(format_errors(nobody.errors), HasSubstr("3: found reactivate_within without a source of commands"));
  const auto long_ago = files.load(std::string(least) + "triage: {reactivate_within: 31d}\n");
  EXPECT_THAT(format_errors(long_ago.errors), HasSubstr("30d"));
}

TEST(TriageConfig, StaffAndMaintenanceAreInTheSiteFiles) {
  const ConfigFiles files;
  files.write("site.yaml", R"(staff: [{id: garcia, site: [gye]}, {id: lopez, role: deputy}]
maintenance:
- {site: [gye], from: "2026-03-05T08:00:00-05:00", until: "2026-03-05T12:00:00-05:00", except: [duress]}
- {site: ["*"], hours: "Sun 06:00-08:00"}
)");
  const auto loaded = files.load(std::string(least) + "site: [site.yaml]\n");
  ASSERT_TRUE(loaded.ok()) << format_errors(loaded.errors);
  const auto& equipment = loaded.site.equipment;
  ASSERT_EQ(equipment.staff().size(), 2u);
  EXPECT_FALSE(equipment.staff()[0].is_deputy);
  EXPECT_THAT(equipment.staff()[0].site, ElementsAre("gye"));
  EXPECT_TRUE(equipment.staff()[1].is_deputy);
  ASSERT_EQ(equipment.maintenance().size(), 2u);
  EXPECT_EQ(equipment.maintenance()[0].to_ms - equipment.maintenance()[0].from_ms, 4 * 3'600'000);
  EXPECT_THAT(equipment.maintenance()[0].except, ElementsAre("duress"));
  EXPECT_EQ(equipment.maintenance()[1].from_ms, no_time_ms);
  EXPECT_EQ(equipment.maintenance()[1].hours.size(), 1u);
}

TEST(TriageConfig, AllMistakesAreTold) {
  const ConfigFiles files;
  files.write("site.yaml", R"(staff:
- {id: garcia}
- {id: garcia, role: king}
maintenance:
- {site: [gye], from: tomorrow}
- {site: [gye], hours: late}
- {site: [gye], from: "2026-03-05T08:00:00Z", until: "2026-03-05T07:00:00Z"}
- {from: "2026-03-05T08:00:00Z"}
)");
  const auto loaded =
      files.load(std::string(least) + "site: [site.yaml]\nrules:\n- {id: a, kind: seal_opened, route: me}\n");
  const auto text = format_errors(loaded.errors);
  for (const char* part :
       {"role", "garcia again", "from: tomorrow", "hours: late", "until that is not after from", "site", "route"})
    EXPECT_THAT(text, HasSubstr(part));
  EXPECT_EQ(loaded.errors.size(), 7u) << text;
}

}  // namespace
}  // namespace vigia::test
