// Detection: ECS JSON to the rules that match, in memory, on one thread: parsing, the fields that rules look at, and the
// rules. Most events match none, one in a hundred matches one.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "connectors/sigma_reader.h"
#include "operators/sigma_json.h"
#include "operators/sigma_matcher.h"

namespace vigia {
namespace {

// Rules like those that are published: an image and parts of a command line, a registry key, a host name, a code with a
// user, a list of hashes.
std::string rule(int number) {
  const auto head = fmt::format("---\nname: r{}\nlogsource: {{product: windows}}\ndetection:\n", number);
  switch (number % 5) {
    case 0:
      return head + fmt::format(
                        "  s: {{process.executable|endswith: '\\tool{0}.exe', process.command_line|contains|all: "
                        "[' -x{0} ', 'secret']}}\n  f: {{user.name: SYSTEM}}\n  condition: s and not f\n",
                        number);
    case 1:
      return head +
             fmt::format("  s: {{event.code: 13, registry.path|contains: '\\Run\\entry{}'}}\n  condition: s\n", number);
    case 2:
      return head + fmt::format(
                        "  s: {{dns.question.name|endswith: ['.bad{0}.example', '.worse{0}.example']}}\n"
                        "  condition: s\n",
                        number);
    case 3:
      return head + fmt::format(
                        "  s_code: {{event.code: [4624, 4625]}}\n  s_user: {{user.name: admin{}}}\n"
                        "  condition: all of s_*\n",
                        number);
    default:
      return head + fmt::format(
                        "  s: {{process.hash.sha256: [{0:064x}, {1:064x}]}}\n  t: {{process.command_line|re: "
                        "'-enc{0} [A-Za-z0-9+/=]+'}}\n  condition: s or t\n",
                        number, number + 7'000'000);
  }
}

std::string event(std::mt19937_64& random, bool matches, int rules) {
  const auto pick = [&](int count) { return static_cast<int>(random() % static_cast<unsigned>(count)); };
  std::string arguments;
  for (int i = pick(30); i >= 0; --i) arguments += fmt::format(" --option{}=value{}", i, pick(100'000));
  const auto user = matches ? fmt::format("admin{}", pick(rules) / 5 * 5 + 3) : fmt::format("user{}", pick(5'000));
  return fmt::format(
      R"({{"@timestamp":"2026-03-05T10:{:02}:{:02}.{:03}Z","event":{{"code":{},"action":"logged-in","category":["authentication","session"],"kind":"event","module":"security","provider":"Microsoft-Windows-Security-Auditing","outcome":"success"}},"host":{{"name":"HOST{}","os":{{"family":"windows","version":"10.0.19045"}},"ip":["10.1.{}.{}","fe80::{:x}"]}},"user":{{"name":"{}","domain":"CORP","id":"S-1-5-21-{}"}},"source":{{"ip":"10.2.{}.{}","port":{}}},"process":{{"pid":{},"executable":"C:\\Windows\\System32\\svchost{}.exe","command_line":"C:\\Windows\\System32\\svchost.exe -k netsvcs{}","hash":{{"sha256":"{:064x}"}},"parent":{{"executable":"C:\\Windows\\explorer.exe"}}}},"dns":{{"question":{{"name":"www.site{}.example"}}}},"message":"An account was successfully logged on."}})",
      pick(60), pick(60), pick(1000), matches ? 4624 : 4000 + pick(900), pick(2'000), pick(256), pick(256),
      pick(65'536), user, pick(1'000'000), pick(256), pick(256), pick(65'536), pick(30'000), pick(40), arguments,
      random(), pick(10'000));
}

void BM_detection(benchmark::State& state) {
  const int rules = static_cast<int>(state.range(0));
  std::string text;
  for (int i = 0; i < rules; ++i) text += rule(i);
  Diagnostics diagnostics;
  const auto read = read_sigma_files({{"rules.yml", text}}, diagnostics);
  if (!diagnostics.errors.empty()) throw std::runtime_error(format_errors(diagnostics.errors));
  SigmaMatcher matcher;
  for (const auto& one : read.detections) matcher.add(one.condition, {});
  matcher.prepare();

  std::mt19937_64 random(1);
  std::vector<std::string> events;
  std::size_t bytes = 0;
  for (int i = 0; i < 10'000; ++i) {
    events.push_back(event(random, i % 100 == 0, rules));
    bytes += events.back().size();
    events.back().reserve(events.back().size() + simdjson::SIMDJSON_PADDING);
  }
  simdjson::dom::parser parser;
  SigmaEvent view;
  SigmaMatcher::Scratch scratch;
  std::vector<std::uint32_t> matched;
  std::size_t at = 0, matches = 0;
  for (auto _ : state) {
    const auto& json = events[at++ % events.size()];
    const simdjson::dom::object object = parser.parse(json);
    read_sigma_json(object, matcher.fields(), matcher.wants_all_texts(), view);
    matcher.match(view, scratch, matched);
    matches += matched.size();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
  state.counters["event_bytes"] = static_cast<double>(bytes) / static_cast<double>(events.size());
  state.counters["matched"] = static_cast<double>(matches) / static_cast<double>(state.iterations());
}
BENCHMARK(BM_detection)->Arg(10)->Arg(1000)->Arg(10'000);

}  // namespace
}  // namespace vigia

BENCHMARK_MAIN();
