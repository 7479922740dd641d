// What detections match: each modifier and each kind of value with events that match and events that don't, through the
// reader, the matcher and its index.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "connectors/sigma_reader.h"
#include "operators/sigma_json.h"
#include "operators/sigma_matcher.h"

namespace vigia {
namespace {

struct Case {
  std::string detection;  // flow YAML
  std::string event;
  bool matches;
};

class SigmaDetections {
 public:
  explicit SigmaDetections(const std::vector<std::string>& detections) {
    std::string text;
    for (std::size_t i = 0; i < detections.size(); ++i)
      text += "---\nname: r" + std::to_string(i) + "\nlogsource: {product: test}\ndetection: " + detections[i] + "\n";
    Diagnostics diagnostics;
    rules_ = read_sigma_files({{"rules.yml", text}}, diagnostics);
    EXPECT_TRUE(diagnostics.errors.empty()) << format_errors(diagnostics.errors) << text;
    for (const auto& rule : rules_.detections) matcher_.add(rule.condition, {});
    matcher_.prepare();
  }

  std::vector<std::uint32_t> match(const std::string& json) {
    simdjson::dom::object object;
    if (parser_.parse(json).get(object) != simdjson::SUCCESS) ADD_FAILURE() << "no JSON object: " << json;
    read_sigma_json(object, matcher_.fields(), matcher_.wants_all_texts(), event_);
    std::vector<std::uint32_t> out;
    matcher_.match(event_, scratch_, out);
    return out;
  }

 private:
  SigmaRules rules_;
  SigmaMatcher matcher_;
  simdjson::dom::parser parser_;
  SigmaEvent event_;
  SigmaMatcher::Scratch scratch_;
};

const std::vector<Case>& cases() {
  static const std::vector<Case> all = {
      // Texts.
      {R"({s: {f: abc}, condition: s})", R"({"f":"ABC"})", true},
      {R"({s: {f: abc}, condition: s})", R"({"f":"abcd"})", false},
      {R"({s: {f: abc}, condition: s})", R"({"g":"abc"})", false},
      {R"({s: {f|cased: abc}, condition: s})", R"({"f":"ABC"})", false},
      {R"({s: {f|cased: abc}, condition: s})", R"({"f":"abc"})", true},
      {R"({s: {f: 'Muñoz'}, condition: s})", R"({"f":"MUÑOZ"})", true},
      {R"({s: {f: 'Muñoz'}, condition: s})", R"({"f":"munoz"})", false},
      {R"({s: {f: ''}, condition: s})", R"({"f":""})", true},
      {R"({s: {f: ''}, condition: s})", R"({"f":"x"})", false},
      // Wildcards and what is escaped.
      {R"({s: {f: 'a*c'}, condition: s})", R"({"f":"aXXc"})", true},
      {R"({s: {f: 'a*c'}, condition: s})", R"({"f":"aXXcd"})", false},
      {R"({s: {f: 'ab*bc'}, condition: s})", R"({"f":"abc"})", false},
      {R"({s: {f: 'a?c'}, condition: s})", R"({"f":"aéc"})", true},
      {R"({s: {f: 'a?c'}, condition: s})", R"({"f":"ac"})", false},
      {R"({s: {f: 'a\*c'}, condition: s})", R"({"f":"a*c"})", true},
      {R"({s: {f: 'a\*c'}, condition: s})", R"({"f":"abc"})", false},
      {R"({s: {f: 'C:\Windows\x'}, condition: s})", R"({"f":"c:\\windows\\X"})", true},
      {R"({s: {f: 'C:\\*'}, condition: s})", R"({"f":"C:\\any"})", true},
      {R"({s: {f: '*'}, condition: s})", R"({"f":7})", true},
      {R"({s: {f: '*'}, condition: s})", R"({"f":null})", false},
      // Numbers and texts that are numbers.
      {R"({s: {f: 4625}, condition: s})", R"({"f":4625})", true},
      {R"({s: {f: 4625}, condition: s})", R"({"f":"4625"})", true},
      {R"({s: {f: '4625'}, condition: s})", R"({"f":4625})", true},
      {R"({s: {f: '4625'}, condition: s})", R"({"f":4625.0})", true},
      {R"({s: {f: 4625}, condition: s})", R"({"f":"04625"})", true},
      {R"({s: {f: '4625'}, condition: s})", R"({"f":"04625"})", false},
      {R"({s: {f: 4625}, condition: s})", R"({"f":4626})", false},
      {R"({s: {f: 9007199254740993}, condition: s})", R"({"f":9007199254740993})", true},
      {R"({s: {f: 9007199254740993}, condition: s})", R"({"f":9007199254740992})", false},
      {R"({s: {f: 0x17}, condition: s})", R"({"f":23})", true},
      {R"({s: {f|contains: 62}, condition: s})", R"({"f":4625})", true},
      {R"({s: {f: true}, condition: s})", R"({"f":true})", true},
      {R"({s: {f: true}, condition: s})", R"({"f":"True"})", true},
      {R"({s: {f: true}, condition: s})", R"({"f":false})", false},
      // Absent, null, lists, paths.
      {R"({s: {f: null}, condition: s})", R"({"g":1})", true},
      {R"({s: {f: null}, condition: s})", R"({"f":null})", true},
      {R"({s: {f: null}, condition: s})", R"({"f":"x"})", false},
      {R"({s: {f|exists: true}, condition: s})", R"({"f":"x"})", true},
      {R"({s: {f|exists: true}, condition: s})", R"({"f":{"g":1}})", true},
      {R"({s: {f|exists: yes}, condition: s})", R"({"g":"x"})", false},
      {R"({s: {f|exists: false}, condition: s})", R"({"g":"x"})", true},
      {R"({s: {f: b}, condition: s})", R"({"f":["a","b"]})", true},
      {R"({s: {f: b}, condition: s})", R"({"f":["a","c"]})", false},
      {R"({s: {f: [a, b]}, condition: s})", R"({"f":"b"})", true},
      {R"({s: {a.b.c: x}, condition: s})", R"({"a":{"b":{"c":"x"}}})", true},
      {R"({s: {a.b.c: x}, condition: s})", R"({"a.b.c":"x"})", true},
      {R"({s: {a.b.c: x}, condition: s})", R"({"a":{"b.c":"x"}})", true},
      {R"({s: {a.b.c: x}, condition: s})", R"({"a.b":{"c":"y"},"b":{"c":"x"}})", false},
      {R"({s: {a.b: x}, condition: s})", R"({"a":[{"b":"y"},{"b":"x"}]})", true},
      // contains, startswith, endswith, all.
      {R"({s: {f|contains: bcd}, condition: s})", R"({"f":"aBCDe"})", true},
      {R"({s: {f|contains: bcd}, condition: s})", R"({"f":"abce"})", false},
      {R"({s: {f|contains: b}, condition: s})", R"({"f":"abc"})", true},
      {R"({s: {f|startswith: ab}, condition: s})", R"({"f":"abc"})", true},
      {R"({s: {f|startswith: bc}, condition: s})", R"({"f":"abc"})", false},
      {R"({s: {f|endswith: '\cmd.exe'}, condition: s})", R"({"f":"C:\\CMD.EXE"})", true},
      {R"({s: {f|endswith: 'cmd'}, condition: s})", R"({"f":"cmd.exe"})", false},
      {R"({s: {f|contains|all: [ab, cd]}, condition: s})", R"({"f":"cdab"})", true},
      {R"({s: {f|contains|all: [ab, cd]}, condition: s})", R"({"f":"ab"})", false},
      {R"({s: {f|all: [ab, cd]}, condition: s})", R"({"f":["ab","cd"]})", true},
      {R"({s: {f|contains|cased: Ab}, condition: s})", R"({"f":"xab"})", false},
      // windash, base64, utf16.
      {R"({s: {f|windash|contains: ' -enc '}, condition: s})", R"({"f":"x /enc y"})", true},
      {R"({s: {f|windash|contains: ' -enc '}, condition: s})", R"({"f":"x –enc y"})", true},
      {R"({s: {f|windash|contains: ' -enc '}, condition: s})", R"({"f":"x enc y"})", false},
      {R"({s: {f|contains|windash: 'a-b -c'}, condition: s})", R"({"f":"a-b /c"})", true},
      {R"({s: {f|contains|windash: 'a-b -c'}, condition: s})", R"({"f":"a/b /c"})", false},
      {R"({s: {f|base64: foo}, condition: s})", R"({"f":"Zm9v"})", true},
      {R"({s: {f|base64: foob}, condition: s})", R"({"f":"Zm9vYg=="})", true},
      {R"({s: {f|base64|contains: foo}, condition: s})", R"({"f":"xxbm9vxx"})", false},
      {R"({s: {f|base64offset|contains: '/bin/bash'}, condition: s})", R"({"f":"YS9iaW4vYmFzaA=="})", true},
      {R"({s: {f|base64offset|contains: '/bin/bash'}, condition: s})", R"({"f":"YWEvYmluL2Jhc2g="})", true},
      {R"({s: {f|base64offset|contains: '/bin/bash'}, condition: s})", R"({"f":"L2Jpbi9zaA=="})", false},
      {R"({s: {f|utf16le|base64: ab}, condition: s})", R"({"f":"YQBiAA=="})", true},
      {R"({s: {f|wide|base64offset|contains: ab}, condition: s})", R"({"f":"eHYQciAx"})", false},
      {R"({s: {f|wide|base64offset|contains: ab}, condition: s})", R"({"f":"YQBiAA=="})", true},
      {R"({s: {f|utf16be|base64: ab}, condition: s})", R"({"f":"AGEAYg=="})", true},
      {R"({s: {f|utf16be|base64: ab}, condition: s})", R"({"f":"YQBiAA=="})", false},
      // re.
      {R"({s: {f|re: 'a.c$'}, condition: s})", R"({"f":"xxabc"})", true},
      {R"({s: {f|re: 'a.c$'}, condition: s})", R"({"f":"xxABC"})", false},
      {R"({s: {f|re|i: 'a.c$'}, condition: s})", R"({"f":"xxABC"})", true},
      {R"({s: {f|re: 'a.c'}, condition: s})", R"({"f":"a\nc"})", false},
      {R"({s: {f|re|s: 'a.c'}, condition: s})", R"({"f":"a\nc"})", true},
      {R"({s: {f|re: '^b'}, condition: s})", R"({"f":"a\nb"})", false},
      {R"({s: {f|re|m: '^b'}, condition: s})", R"({"f":"a\nb"})", true},
      {R"({s: {f|re: '^46\d\d$'}, condition: s})", R"({"f":4625})", true},
      {R"({s: {f|re: 'ab(cde|fgh)+ij'}, condition: s})", R"({"f":"abcdefghij"})", true},
      {R"({s: {f|re: 'ab(cde|fgh)+ij'}, condition: s})", R"({"f":"abij"})", false},
      {R"({s: {f|re: 'first|second|third'}, condition: s})", R"({"f":"the third"})", true},
      {R"({s: {f|re: 'first|second|third'}, condition: s})", R"({"f":"the Third"})", false},
      {R"({s: {f|re|i: 'first|x.z'}, condition: s})", R"({"f":"XYZ"})", true},
      // cidr.
      {R"({s: {f|cidr: 10.1.0.0/16}, condition: s})", R"({"f":"10.1.2.3"})", true},
      {R"({s: {f|cidr: 10.1.0.0/16}, condition: s})", R"({"f":"10.2.2.3"})", false},
      {R"({s: {f|cidr: 10.1.128.0/17}, condition: s})", R"({"f":"10.1.127.3"})", false},
      {R"({s: {f|cidr: [10.0.0.0/8, 192.168.0.0/16]}, condition: s})", R"({"f":"192.168.9.9"})", true},
      {R"({s: {f|cidr: '2001:db8::/33'}, condition: s})", R"({"f":"2001:db8:7fff::1"})", true},
      {R"({s: {f|cidr: '2001:db8::/33'}, condition: s})", R"({"f":"2001:db8:8000::1"})", false},
      {R"({s: {f|cidr: 0.0.0.0/0}, condition: s})", R"({"f":"no address"})", false},
      // Order.
      {R"({s: {f|lt: 5}, condition: s})", R"({"f":4})", true},
      {R"({s: {f|lt: 5}, condition: s})", R"({"f":5})", false},
      {R"({s: {f|lte: 5}, condition: s})", R"({"f":"5"})", true},
      {R"({s: {f|gt: 5}, condition: s})", R"({"f":5.5})", true},
      {R"({s: {f|gt: 5}, condition: s})", R"({"f":"six"})", false},
      {R"({s: {f|gte: 5}, condition: s})", R"({"f":5})", true},
      {R"({s: {f|gte: 5}, condition: s})", R"({})", false},
      // fieldref, neq.
      {R"({s: {f|fieldref: g}, condition: s})", R"({"f":"a","g":"A"})", true},
      {R"({s: {f|fieldref: g}, condition: s})", R"({"f":"a","g":"b"})", false},
      {R"({s: {f|fieldref: g}, condition: s})", R"({"f":"a"})", false},
      {R"({s: {f|fieldref|startswith: g}, condition: s})", R"({"f":"abc","g":"ab"})", true},
      {R"({s: {f|fieldref|cased: g}, condition: s})", R"({"f":"a","g":"A"})", false},
      {R"({s: {f|neq: a}, condition: s})", R"({"f":"b"})", true},
      {R"({s: {f|neq: a}, condition: s})", R"({"f":"A"})", false},
      {R"({s: {f|neq: [a, b]}, condition: s})", R"({"f":"b"})", false},
      // Keywords.
      {R"({k: [error, panic], condition: k})", R"({"f":"a PANIC here"})", true},
      {R"({k: [error, panic], condition: k})", R"({"f":{"deep":["x","an error"]}})", true},
      {R"({k: [error, panic], condition: k})", R"({"f":"calm","panic":1})", false},
      {R"({k: {'|all': [error, panic]}, condition: k})", R"({"f":"error","g":"panic"})", true},
      {R"({k: {'|all': [error, panic]}, condition: k})", R"({"f":"error"})", false},
      {R"({k: ['a*b'], condition: k})", R"({"f":"xa..by"})", true},
      {R"({k: one, condition: k})", R"({"f":"someone"})", true},
      // Selections and conditions.
      {R"({s: [{f: a}, {f: b, g: c}], condition: s})", R"({"f":"b","g":"c"})", true},
      {R"({s: [{f: a}, {f: b, g: c}], condition: s})", R"({"f":"b"})", false},
      {R"({s: {f: a}, t: {g: b}, condition: s and not t})", R"({"f":"a"})", true},
      {R"({s: {f: a}, t: {g: b}, condition: s and not t})", R"({"f":"a","g":"b"})", false},
      {R"({s: {f: a}, t: {g: b}, u: {h: c}, condition: s or t and u})", R"({"f":"a"})", true},
      {R"({s: {f: a}, t: {g: b}, u: {h: c}, condition: (s or t) and u})", R"({"f":"a"})", false},
      {R"({s: {f: a}, condition: not s})", R"({"f":"b"})", true},
      {R"({s: {f: a}, condition: not not s})", R"({"f":"a"})", true},
      {R"({x_1: {f: a}, x_2: {f: b}, condition: 1 of x_*})", R"({"f":"b"})", true},
      {R"({x_1: {f: a}, x_2: {f: b}, condition: 1 of x_*})", R"({"f":"c"})", false},
      {R"({x_1: {f: a}, x_2: {g: b}, condition: all of them})", R"({"f":"a","g":"b"})", true},
      {R"({x_1: {f: a}, x_2: {g: b}, condition: all of them})", R"({"f":"a"})", false},
      {R"({x: {f: a}, _y: {g: b}, condition: all of them})", R"({"f":"a"})", true},
      {R"({x: {f: a}, y: {g: b}, condition: any of them})", R"({"g":"b"})", true},
      {R"({x: {f: a}, y: {g: b}, condition: x AND NOT y})", R"({"f":"a"})", true},
  };
  return all;
}

TEST(SigmaDetection, EachByItself) {
  for (const auto& one : cases()) {
    SigmaDetections rules({one.detection});
    EXPECT_EQ(!rules.match(one.event).empty(), one.matches) << one.detection << " of " << one.event;
  }
}

// What a rule matches does not depend on the other rules, whatever the index makes of them.
TEST(SigmaDetection, AllBesideEachOther) {
  std::vector<std::string> detections;
  for (const auto& one : cases()) detections.push_back(one.detection);
  SigmaDetections all(detections);
  std::vector<SigmaDetections> alone;
  for (const auto& one : detections) alone.emplace_back(std::vector<std::string>{one});
  for (const auto& one : cases()) {
    std::vector<std::uint32_t> expected;
    for (std::uint32_t i = 0; i < alone.size(); ++i)
      if (!alone[i].match(one.event).empty()) expected.push_back(i);
    EXPECT_EQ(all.match(one.event), expected) << one.event;
  }
}

}  // namespace
}  // namespace vigia
