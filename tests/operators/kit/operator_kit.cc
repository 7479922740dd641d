#include "tests/operators/kit/operator_kit.h"

#include <algorithm>
#include <random>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "connectors/pipeline_config.h"
#include "tests/reference/engine_run.h"
#include "tests/reference/temp_dir.h"

namespace vigia::kit {
namespace {

constexpr double metres_per_degree = 6'371'008.8 * 3.14159265358979323846 / 180;

std::string lon_lat(double east_m, double north_m) {
  return fmt::format("[{:.17g},{:.17g}]", east_m / metres_per_degree, north_m / metres_per_degree);
}

std::string square(const char* id, const char* kind, double east_m) {
  const double west = east_m - 300, east = east_m + 300;
  return fmt::format(
      R"({{"type":"Feature","properties":{{"id":"{}","kind":"{}"}},"geometry":{{"type":"Polygon","coordinates":[[{},{},{},{},{}]]}}}})",
      id, kind, lon_lat(west, -300), lon_lat(east, -300), lon_lat(east, 300), lon_lat(west, 300), lon_lat(west, -300));
}

std::string collection(const std::vector<std::string>& features) {
  return fmt::format(R"({{"type":"FeatureCollection","features":[{}]}})", fmt::join(features, ","));
}

std::string zones() {
  return collection(
      {square("home", "depot", 0), square("yard", "depot", 15'000), square("cafe", "exempt", 10'000),
       fmt::format(
           R"({{"type":"Feature","properties":{{"id":"ring","kind":"area","radius_m":500}},"geometry":{{"type":"Point","coordinates":{}}}}})",
           lon_lat(5'000, 0))});
}

std::string routes() {
  return collection({fmt::format(
      R"({{"type":"Feature","properties":{{"id":"r","corridor_half_width_m":200}},"geometry":{{"type":"LineString","coordinates":[{},{}]}}}})",
      lon_lat(0, 0), lon_lat(20'000, 0))});
}

struct World {
  harness::LoadedStage stage;
  reference::PlainSite site;
};

World load(const Case& tried, const std::string& allowed_lateness) {
  const auto& rules = tried.rules;
  const harness::TempDir directory;
  const auto zones_path = directory.write("zones.geojson", zones()),
             routes_path = directory.write("routes.geojson", routes());
  std::string text = fmt::format(
      "application: kit\nkafka: {{brokers: \"localhost:9092\"}}\ntimezone: {}\n"
      "time: {{horizon: 24h, allowed_lateness: {}, max_clock_skew: 5m, clock: records}}\nstate: {{directory: state}}\n"
      "site: [zones.geojson, routes.geojson]\n"
      "sources: [{{topic: seal.events, stream: seal, format: json}}, {{topic: trip.events, stream: trip, format: "
      "json}}]\n"
      "outputs: {{alerts: vigia.alerts, alert_state: vigia.alerts.state, format: json}}\nrules:\n",
      tried.timezone, allowed_lateness);
  for (std::size_t at = 0; at < rules.size();) {
    const auto end = std::min(rules.find('\n', at), rules.size());
    text += "  - " + rules.substr(at, end - at) + "\n";
    at = end + 1;
  }
  auto loaded = load_pipeline(directory.write("pipeline.yaml", text));
  for (const auto& error : loaded.errors)
    ADD_FAILURE() << "line " << error.line << ": found " << error.found << ", expected " << error.expected;
  return {harness::stage_of(std::move(loaded)), reference::read_site(zones_path, routes_path)};
}

constexpr reference::Comparison exactly{.zone_tolerance_ms = 2, .with_status = true};

std::vector<reference::ReferenceAlert> judged(std::vector<reference::ReferenceAlert> alerts, const Case& tried) {
  const bool with_clock =
      tried.rules.find("clock_fault") != tried.rules.npos ||
      std::any_of(tried.expected.begin(), tried.expected.end(), [](const auto& e) { return e.rule == "clock_fault"; });
  if (!with_clock) std::erase_if(alerts, [](const auto& alert) { return alert.kind == "clock_fault"; });
  return alerts;
}

// What is wrong with a run against the recomputation of the same lines; empty: nothing.
std::string wrong_with(const World& world, const Case& tried, const std::vector<Line>& lines,
                       const harness::RunResult& run) {
  auto clock_ms = tried.until_ms;
  for (const auto& line : lines) clock_ms = std::max(clock_ms, line.timestamp_ms);
  const auto recomputed = reference::recompute(reference::events_of(lines), world.stage.config.rules, world.site,
                                               world.stage.settings, clock_ms);
  auto text = reference::difference(recomputed, harness::comparable(harness::final_alerts(run.revisions)), exactly);
  text += harness::broken_life_cycle(run.revisions) + run.error;
  if (!run.account.adds_up()) text += "  the account does not add up\n";
  return text;
}

std::string against_expected(const Case& tried, const harness::RunResult& run) {
  auto got = judged(harness::comparable(harness::final_alerts(run.revisions)), tried);
  std::vector<reference::ReferenceAlert> want;
  for (const auto& alert : tried.expected)
    want.push_back({alert.numbers.empty() ? "" : "service_quality", alert.rule, "", "", alert.start_ms, alert.end_ms,
                    alert.status, alert.numbers});
  for (auto& alert : got) {
    if (alert.kind != "service_quality") alert.kind = "";
    alert.subject_id = alert.trip_id = "";
  }
  return reference::difference(want, got, exactly);
}

harness::RunOptions options(const Case& tried, std::size_t batch, unsigned threads = 1, bool restarts = false) {
  harness::RunOptions made{.batch = batch, .threads = threads, .restart_each_epoch = restarts};
  if (tried.until_ms != 0) made.until_ms = tried.until_ms;
  return made;
}

void try_as_given(const World& world, const Case& tried) {
  for (const std::size_t batch : {1u, 32u, 1024u}) {
    const auto plain = harness::run_engine(world.stage, tried.lines, options(tried, batch));
    EXPECT_EQ(against_expected(tried, plain), "") << "expected by the test, batch " << batch;
    EXPECT_EQ(wrong_with(world, tried, tried.lines, plain), "") << "recomputed, batch " << batch;
    if (batch == 1 && !tried.told.empty()) {
      std::vector<std::string> told;
      for (const auto& alert : plain.revisions) told.push_back(schema::EnumNameAlertStatus(alert.status));
      EXPECT_EQ(told, tried.told);
    }
    for (const unsigned threads : {1u, 2u, 8u})
      for (const bool restarts : {false, true}) {
        const auto run = harness::run_engine(world.stage, tried.lines, options(tried, batch, threads, restarts));
        EXPECT_EQ(run.bytes, plain.bytes)
            << "batch " << batch << ", " << threads << " threads, restored between epochs: " << restarts;
        EXPECT_EQ(run.account, plain.account);
      }
    auto how = options(tried, batch);
    how.take_over_each_epoch = true;
    EXPECT_EQ(harness::run_engine(world.stage, tried.lines, how).bytes, plain.bytes)
        << "batch " << batch << ", another task takes over between epochs";
  }
}

void try_doubled(const World& world, const Case& tried) {
  std::vector<Line> twice;
  for (const auto& line : tried.lines) twice.insert(twice.end(), {line, line});
  for (const std::size_t batch : {1u, 3u, 1024u}) {
    const auto run = harness::run_engine(world.stage, twice, options(tried, batch));
    EXPECT_EQ(against_expected(tried, run), "") << "every line twice, batch " << batch;
    if (!tried.judged_alone) {
      EXPECT_EQ(run.account.decoded, 2 * (run.account.applied + run.account.too_late))
          << "every line twice, batch " << batch;
    }
  }
}

void try_shuffled(const Case& tried) {
  const auto world = load(tried, "24h");
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    std::mt19937_64 random(seed);
    auto lines = tried.lines;
    std::shuffle(lines.begin(), lines.end(), random);
    TimeMs broker_ms = 0;
    for (auto& line : lines) line.timestamp_ms = broker_ms = std::max(broker_ms, line.timestamp_ms);
    for (const std::size_t batch : {1u, 4u, 1024u}) {
      const auto run = harness::run_engine(world.stage, lines, options(tried, batch, 1, seed % 2 == 0));
      EXPECT_EQ(wrong_with(world, tried, lines, run), "") << "shuffled, seed " << seed << ", batch " << batch;
    }
  }
}

}  // namespace

Line mute(TimeMs time_ms, const Extra& extra) {
  auto json = fmt::format(R"({{"seal_id":"{}","device_time_ms":{})", extra.seal, time_ms);
  if (extra.sequence != 0) json += fmt::format(R"(,"sequence":{})", extra.sequence);
  if (extra.buffered) json += R"(,"buffered":true)";
  if (!extra.provider.empty()) json += fmt::format(R"(,"provider_id":"{}")", extra.provider);
  if (!extra.lock.empty()) json += fmt::format(R"(,"lock":"{}")", extra.lock);
  if (!extra.conditions.empty()) json += fmt::format(R"(,"conditions":["{}"])", fmt::join(extra.conditions, R"(",")"));
  return {"seal.events", extra.seal, time_ms + extra.delay_ms, json + "}"};
}

Line ping(TimeMs time_ms, Place place, const Extra& extra) {
  auto line = mute(time_ms, extra);
  line.value.pop_back();
  line.value += fmt::format(R"(,"position":{{"lat_deg":{:.17g},"lon_deg":{:.17g}}}}})",
                            place.north_m / metres_per_degree, place.east_m / metres_per_degree);
  return line;
}

Line trip(TimeMs time_ms, const std::string& action, const std::string& fields, TimeMs delay_ms,
          const std::string& trip_id) {
  return {"trip.events", "s", time_ms + delay_ms,
          fmt::format(R"({{"trip_id":"{}","seal_id":"s","event_time_ms":{},"action":"{}"{}{}}})", trip_id, time_ms,
                      action, fields.empty() ? "" : ",", fields)};
}

Line start(TimeMs time_ms) {
  return trip(time_ms, "start", R"("route_id":"r","origin_depot_id":"home","destination_depot_id":"yard")");
}

void check(const Case& tried) {
  const auto world = load(tried, "10m");
  if (testing::Test::HasFailure()) return;
  try_as_given(world, tried);
  try_doubled(world, tried);
  if (!tried.about_arrival) try_shuffled(tried);
}

}  // namespace vigia::kit
