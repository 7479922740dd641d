// The order law on random worlds: whatever order the events come in, the engine's final alerts are those that a naive
// recomputation finds in their set. A failure names its seed and prints the smallest part of the world that fails.
#include <gtest/gtest.h>

#include <random>

#include <fmt/format.h>

#include "connectors/pipeline_config.h"
#include "tests/reference/engine_run.h"
#include "tests/reference/temp_dir.h"
#include "tests/scenarios/random_world.h"
#include "tests/scenarios/scenario_site.h"
#include "tests/scenarios/seeds.h"
#include "tests/scenarios/smallest.h"

namespace vigia::scenarios {
namespace {

struct Stage {
  harness::LoadedStage stage;
  reference::PlainSite site;
};

Stage load(const RandomWorld& world) {
  const harness::TempDir directory;
  const ScenarioSite site;
  const auto zones = directory.write("zones.geojson", site.zones_geojson());
  const auto routes = directory.write("routes.geojson", site.routes_geojson());
  auto loaded = load_pipeline(directory.write("pipeline.yaml", world.pipeline_yaml));
  for (const auto& error : loaded.errors) ADD_FAILURE() << "found " << error.found << ", expected " << error.expected;
  return {harness::stage_of(std::move(loaded)), reference::read_site(zones, routes)};
}

// What is wrong when the lines are run so; empty: nothing.
std::string wrong_with(const Stage& loaded, const std::vector<reference::Line>& lines, const harness::RunOptions& how) {
  const auto run = harness::run_engine(loaded.stage, lines, how);
  TimeMs clock_ms = *how.until_ms;
  for (const auto& line : lines) clock_ms = std::max(clock_ms, line.timestamp_ms);
  const auto expected = reference::recompute(reference::events_of(lines), loaded.stage.config.rules, loaded.site,
                                             loaded.stage.settings, clock_ms);
  auto text = reference::difference(expected, harness::comparable(harness::final_alerts(run.revisions)),
                                    {.zone_tolerance_ms = 2, .with_status = true});
  text += harness::broken_life_cycle(run.revisions) + run.error;
  if (!run.account.adds_up()) text += "  the account does not add up\n";
  return text;
}

void try_worlds(Arrival arrival) {
  const auto [first_seed, last_seed] = seeds(60);
  for (std::uint64_t seed = first_seed; seed <= last_seed; ++seed) {
    const auto world = make_random_world(arrival, seed);
    const auto loaded = load(world);
    std::mt19937_64 random(seed);
    const harness::RunOptions how{.batch = std::vector<std::size_t>{1, 7, 64, 1024}[random() % 4],
                                  .threads = std::vector<unsigned>{1, 2, 8}[random() % 3],
                                  .restart_each_epoch = random() % 4 == 0,
                                  .spill_each_epoch = random() % 3 == 0,
                                  .until_ms = world.until_ms};
    if (wrong_with(loaded, world.lines, how).empty()) continue;
    const auto lines =
        smallest(world.lines, [&](const auto& fewer) { return !wrong_with(loaded, fewer, how).empty(); });
    std::string text;
    for (const auto& line : lines) text += reference::to_json_line(line);
    FAIL() << fmt::format("seed {}, batch {}, {} threads, restarts {}, spills {}, until {}\n", seed, how.batch,
                          how.threads, how.restart_each_epoch, how.spill_each_epoch, world.until_ms)
           << wrong_with(loaded, lines, how) << world.pipeline_yaml << text;
  }
}

TEST(OrderLaw, BacklogsOfNumberedDevices) { try_worlds(Arrival::backlog); }
TEST(OrderLaw, UnnumberedDevicesWithinTheLateness) { try_worlds(Arrival::unnumbered); }
TEST(OrderLaw, AnyOrderWithinTheHorizon) { try_worlds(Arrival::shuffled); }

// The same final alerts and, for the same epochs, the same bytes: on any number of threads, in any batch.
TEST(OrderLaw, ThreadsBatchesAndRestartsChangeNothing) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const auto world = make_random_world(Arrival::backlog, 1000 + seed);
    const auto loaded = load(world);
    for (const std::size_t batch : {1, 32, 1024}) {
      const auto plain = harness::run_engine(loaded.stage, world.lines, {.batch = batch, .until_ms = world.until_ms});
      for (const unsigned threads : {2, 8}) {
        const auto run = harness::run_engine(loaded.stage, world.lines,
                                             {.batch = batch,
                                              .threads = threads,
                                              .restart_each_epoch = true,
                                              .spill_each_epoch = threads == 2,
                                              .until_ms = world.until_ms});
        EXPECT_TRUE(run.bytes == plain.bytes)
            << "seed " << 1000 + seed << ", batch " << batch << ", " << threads << " threads, restarted";
        EXPECT_EQ(run.account, plain.account);
      }
    }
  }
}

}  // namespace
}  // namespace vigia::scenarios
