#include "connectors/sigma_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/sigma_pipeline.h"

namespace vigia {
namespace {

using testing::HasSubstr;

std::string errors_of(const std::string& text) {
  Diagnostics diagnostics;
  (void)read_sigma_files({{"rules.yml", text}}, diagnostics);
  return format_errors(diagnostics.errors);
}

std::string detection(const std::string& body) {
  return "name: r\nlogsource: {product: test}\ndetection:\n  " + body + "\n  condition: s\n";
}
std::string correlation(const std::string& body) {
  return "name: a\nlogsource: {product: test}\ndetection: {s: {f: x}, condition: s}\n---\nname: c\ncorrelation: " +
         body + "\n";
}

TEST(SigmaReader, MistakesNameFileLineAndWhatIsWrong) {
  EXPECT_THAT(errors_of(detection("s: {f|sum: 1}")), HasSubstr("rules.yml:4: found modifier sum"));
  EXPECT_THAT(errors_of(detection("s: {f|utf16: x}")), HasSubstr("modifier utf16"));
  EXPECT_THAT(errors_of(detection("s: {f|re: 'a(?=b)'}")),
              HasSubstr("rules.yml:4: found the regular expression a(?=b)"));
  EXPECT_THAT(errors_of(detection("s: {f|cidr: 10.0.0.0/33}")), HasSubstr("10.0.0.0/33"));
  EXPECT_THAT(errors_of(detection("s: {f|cidr: ten/8}")), HasSubstr("ten/8"));
  EXPECT_THAT(errors_of(detection("s: {f|lt: x}")), HasSubstr("lt: x"));
  EXPECT_THAT(errors_of(detection("s: {f|exists: 3}")), HasSubstr("exists: 3"));
  EXPECT_THAT(errors_of(detection("s: {f|re|contains: x}")), HasSubstr("re and contains together"));
  EXPECT_THAT(errors_of(detection("s: {f|i: x}")), HasSubstr("i without re"));
  EXPECT_THAT(errors_of(detection("s: {f|contains|startswith: x}")), HasSubstr("more than one of"));
  EXPECT_THAT(errors_of(detection("s: {f|contains|base64: x}")), HasSubstr("wildcards"));
  EXPECT_THAT(errors_of(detection("s: {f: {g: 1}}")), HasSubstr("a map within f"));
  EXPECT_THAT(errors_of(detection("s: {}")), HasSubstr("empty"));
  EXPECT_THAT(errors_of(detection("s: {f: 1, f: 2}")), HasSubstr("f twice"));
  EXPECT_THAT(errors_of(detection("s: {f: 1}\n  timeframe: 5m")), HasSubstr("rules.yml:5: found timeframe"));
}

TEST(SigmaReader, S2ARuleSaysItsCategoryWhoIsInChargeAndWhenItMayBeClosed) {
  const auto head_of = [](const std::string& more) {
    Diagnostics diagnostics;
    const auto rules = read_sigma_files({{"rules.yml", more + detection("s: {f: 1}") + "level: high\n"}}, diagnostics);
    EXPECT_EQ(format_errors(diagnostics.errors), "");
    return rules.detections.at(0).head;
  };
  const auto plain = head_of(""), said = head_of("route: deputy\nattend_when: cleared\n");
  EXPECT_EQ(plain.category, schema::Category::attention_major) << "by its level";
  EXPECT_EQ(plain.triage, TriageSpec());
  EXPECT_EQ(said.triage, (TriageSpec{AlertRoute::deputy, true}));
  EXPECT_EQ(said.hash, plain.hash) << "no alert depends on it";
  EXPECT_EQ(head_of("route: administrator\nattend_when: always\n").triage,
            (TriageSpec{AlertRoute::administrator, false}));
  const auto other = head_of("category: information\n");
  EXPECT_EQ(other.category, schema::Category::information);
  EXPECT_NE(other.hash, plain.hash);

  EXPECT_THAT(errors_of(detection("s: {f: 1}") + "category: grave\n"), HasSubstr("rules.yml:6: found category: grave"));
  EXPECT_THAT(errors_of(detection("s: {f: 1}") + "route: boss\n"),
              HasSubstr("rules.yml:6: found route: boss, expected one of administrator, deputy"));
  EXPECT_THAT(errors_of(correlation("{type: event_count, rules: [a], timespan: 1m, condition: {gte: 1}}") +
                        "attend_when: over\n"),
              HasSubstr("found attend_when: over, expected one of always, cleared"));
  EXPECT_THAT(errors_of(detection("s: {f: 1}") + "route: [deputy]\n"), HasSubstr("rules.yml:6: found route"));
}

TEST(SigmaReader, ConditionsThatCanNotBe) {
  const auto of = [](const std::string& condition) {
    return errors_of("name: r\nlogsource: {product: test}\ndetection:\n  s: {f: 1}\n  condition: " + condition + "\n");
  };
  EXPECT_EQ(of("s"), "");
  EXPECT_THAT(of("t"), HasSubstr("rules.yml:5: found condition: t"));
  EXPECT_THAT(of("1 of x_*"), HasSubstr("fits no selection"));
  EXPECT_THAT(of("2 of them"), HasSubstr("2 of"));
  EXPECT_THAT(of("s and"), HasSubstr("an end"));
  EXPECT_THAT(of("(s"), HasSubstr("expected )"));
  EXPECT_THAT(of("s s"), HasSubstr("condition: s"));
  EXPECT_THAT(of("s | count() > 5"), HasSubstr("an aggregation"));
  EXPECT_THAT(of("[s, s]"), HasSubstr("one condition a rule"));
  EXPECT_THAT(of("'" + std::string(200, '(') + "s'"), HasSubstr("more than 64 levels"));
}

TEST(SigmaReader, DocumentsThatCanNotBe) {
  EXPECT_THAT(errors_of("title: x\n"), HasSubstr("rules.yml:1: found a document without detection or correlation"));
  EXPECT_THAT(errors_of("logsource: {product: x}\ndetection: {s: {f: 1}, condition: s}\n"),
              HasSubstr("without id and name"));
  EXPECT_THAT(errors_of("name: r\ndetection: {s: {f: 1}, condition: s}\n"), HasSubstr("without logsource"));
  EXPECT_THAT(errors_of("name: r\nlogsource: {product: vigia, service: seals}\ndetection: {s: {f: 1}, condition: s}\n"),
              HasSubstr("did you mean seal?"));
  EXPECT_THAT(errors_of("name: r\nlevel: grave\nlogsource: {product: x}\ndetection: {s: {f: 1}, condition: s}\n"),
              HasSubstr("rules.yml:2: found level: grave"));
  EXPECT_THAT(errors_of("filter: {rules: any}\n"), HasSubstr("filter"));
  EXPECT_THAT(errors_of("action: global\n"), HasSubstr("action"));
  EXPECT_THAT(errors_of("a: [\n"), HasSubstr("broken YAML"));
  EXPECT_THAT(errors_of("- a\n"), HasSubstr("a document that is no map"));
  EXPECT_THAT(errors_of("name: r\n\xff: 1\n"), HasSubstr("UTF-8"));
}

TEST(SigmaReader, CorrelationsThatCanNotBe) {
  EXPECT_EQ(errors_of(correlation("{type: event_count, rules: [a], timespan: 1m, condition: {gte: 2}}")), "");
  EXPECT_THAT(errors_of(correlation("{type: value_sum, rules: [a], timespan: 1m, condition: {field: f, gte: 2}}")),
              HasSubstr("rules.yml:6: found type: value_sum"));
  EXPECT_THAT(errors_of(correlation("{type: event_count, rules: [b], timespan: 1m, condition: {gte: 2}}")),
              HasSubstr("rule b, which is in no file, expected the id or name of a rule in the sigma files"));
  EXPECT_THAT(errors_of(correlation("{type: event_count, rules: [a], timespan: 1m, condition: {lt: 2}}")),
              HasSubstr("condition: lt"));
  EXPECT_THAT(errors_of(correlation("{type: event_count, rules: [a], timespan: 1m, condition: {gte: 0}}")),
              HasSubstr("gte: 0"));
  EXPECT_THAT(errors_of(correlation("{type: event_count, rules: [a], timespan: 1m}")), HasSubstr("without condition"));
  EXPECT_THAT(errors_of(correlation("{type: value_count, rules: [a], timespan: 1m, condition: {gte: 2}}")),
              HasSubstr("without field"));
  EXPECT_THAT(errors_of(correlation("{type: temporal, rules: [a], timespan: 1m, condition: {gte: 2}}")),
              HasSubstr("none with this type"));
  EXPECT_THAT(errors_of(correlation("{type: absence, rules: [a], timespan: 1m}")), HasSubstr("exactly two"));
  EXPECT_THAT(errors_of(correlation("{type: temporal, rules: [a], timespan: soon}")), HasSubstr("timespan: soon"));
  EXPECT_THAT(errors_of(correlation("{type: temporal, rules: [a], timespan: 1m, direction: before}")),
              HasSubstr("only with type: absence"));
  EXPECT_THAT(errors_of(correlation("{type: temporal, rules: [c], timespan: 1m}")), HasSubstr("no cycles"));
  EXPECT_THAT(errors_of(correlation("{type: temporal, rules: [a], timespan: 1m, aliases: {who: {b: f}}}")),
              HasSubstr("alias who"));
  EXPECT_THAT(errors_of(correlation("{type: temporal, rules: [a], timespan: 1m, window: 3}")),
              HasSubstr("correlation: window"));
  const auto a = correlation("{type: temporal, rules: [a], timespan: 1m}");
  EXPECT_THAT(errors_of(a + "---\n" + a), HasSubstr("again (first in rules.yml:1)"));
}

TEST(SigmaReader, AllMistakesAtOnce) {
  const auto text = errors_of(detection("s: {f|sum: 1}") + "---\n" + detection("s: {g|re: '('}"));
  EXPECT_THAT(text, HasSubstr("modifier sum"));
  EXPECT_THAT(text, HasSubstr("regular expression ("));
}

TEST(SigmaReader, CorrelationsStandBehindThoseTheyReferTo) {
  Diagnostics diagnostics;
  const auto rules = read_sigma_files(
      {{"a.yml", "name: upper\ncorrelation: {type: temporal, rules: [lower], timespan: 1m}\n"},
       {"b.yml",
        "name: lower\nid: 7\ncorrelation: {type: event_count, rules: [d], timespan: 1m, condition: {gt: 2}}\n---\n"
        "name: d\nlogsource: {product: x}\ndetection: {s: {f: 1}, condition: s}\n"}},
      diagnostics);
  EXPECT_EQ(format_errors(diagnostics.errors), "");
  ASSERT_EQ(rules.correlations.size(), 2u);
  EXPECT_EQ(rules.correlations[0].head.rule_id, "7");
  EXPECT_EQ(rules.correlations[0].at_least, 3);
  EXPECT_EQ(rules.correlations[1].head.rule_id, "upper");
}

TEST(SigmaPipelineFile, TheMostSpecificEntryThatFits) {
  Diagnostics diagnostics;
  const auto pipeline = read_sigma_pipeline("p.yml",
                                            "- logsource: {product: windows}\n  fields: {EventID: winlog.event_id}\n"
                                            "- logsource: {product: windows, service: security}\n"
                                            "  when: {winlog.channel: Security}\n  fields: {EventID: event.code}\n",
                                            diagnostics);
  EXPECT_EQ(format_errors(diagnostics.errors), "");
  ASSERT_NE(entry_for(pipeline, {"windows", "", "security"}), nullptr);
  EXPECT_EQ(entry_for(pipeline, {"windows", "", "security"})->fields.at("EventID"), "event.code");
  EXPECT_EQ(entry_for(pipeline, {"windows", "process_creation", ""})->fields.at("EventID"), "winlog.event_id");
  EXPECT_EQ(entry_for(pipeline, {"linux", "", ""}), nullptr);
  (void)read_sigma_pipeline("p.yml", "- {fields: {a: b}, then: 3}\n", diagnostics);
  EXPECT_THAT(format_errors(diagnostics.errors), HasSubstr("p.yml:1: found then"));
  EXPECT_THAT(format_errors(diagnostics.errors), HasSubstr("p.yml:1: found an entry without logsource"));
}

}  // namespace
}  // namespace vigia
