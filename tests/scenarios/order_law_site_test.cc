// The order law of doors and cameras on random worlds: whatever the order, the delays and the batches in which their events
// come, the final alerts are those of the same events told at once and in order. A failure names its seed and prints the
// smallest part of the world that fails.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include <fmt/format.h>

#include "connectors/pipeline_config.h"
#include "operators/rule.h"
#include "tests/reference/engine_run.h"
#include "tests/reference/temp_dir.h"
#include "tests/scenarios/random_site.h"
#include "tests/scenarios/seeds.h"
#include "tests/scenarios/smallest.h"

namespace vigia::scenarios {
namespace {

using Deliveries = std::vector<Delivery>;

harness::LoadedStage load(const RandomSite& world) {
  const harness::TempDir directory;
  directory.write("site.yaml", world.site_yaml);
  directory.write("zones.geojson", world.zones_geojson);
  auto loaded = load_pipeline(directory.write("pipeline.yaml", world.pipeline_yaml));
  for (const auto& error : loaded.errors) ADD_FAILURE() << "found " << error.found << ", expected " << error.expected;
  return harness::stage_of(std::move(loaded));
}

std::vector<reference::Line> arrived(const Deliveries& deliveries) {
  std::vector<reference::Line> lines;
  for (const auto& delivery : deliveries) lines.push_back(delivery.arrived);
  return lines;
}

std::vector<reference::Line> at_once(const Deliveries& deliveries) {
  std::vector<reference::Line> lines;
  for (const auto& delivery : deliveries)
    if (delivery.at_once) lines.push_back(*delivery.at_once);
  std::ranges::stable_sort(lines, {}, &reference::Line::timestamp_ms);
  return lines;
}

constexpr const char* too_late = "too late for a comparison\n";

// What is wrong when the deliveries are run so; empty: nothing.
std::string wrong_with(const harness::LoadedStage& stage, const Deliveries& deliveries,
                       const harness::RunOptions& how) {
  const auto plain = harness::run_engine(stage, at_once(deliveries), {.until_ms = how.until_ms});
  const auto run = harness::run_engine(stage, arrived(deliveries), how);
  std::string text;
  const auto expected = harness::final_bytes(plain.revisions), got = harness::final_bytes(run.revisions);
  if (got != expected) text = "other final alerts:\n" + got + "\nthan in order:\n" + expected + "\n";
  text += harness::broken_life_cycle(run.revisions) + run.error;
  if (!run.account.adds_up()) text += "the account does not add up\n";
  if (run.account.too_late != 0) text += too_late;
  return text;
}

// A second delivery alone is none.
Deliveries without_orphans(const Deliveries& deliveries) {
  Deliveries kept;
  for (const auto& delivery : deliveries)
    if (delivery.at_once || std::ranges::any_of(deliveries, [&](const Delivery& other) {
          return other.at_once && other.arrived.key == delivery.arrived.key &&
                 other.arrived.value == delivery.arrived.value;
        }))
      kept.push_back(delivery);
  return kept;
}

void try_sites(Arrival arrival) {
  const auto [first_seed, last_seed] = seeds(20);
  std::set<std::string> kinds;
  for (std::uint64_t seed = first_seed; seed <= last_seed; ++seed) {
    const auto world = make_random_site(arrival, seed);
    const auto stage = load(world);
    std::mt19937_64 random(seed);
    const harness::RunOptions how{.batch = std::vector<std::size_t>{1, 7, 64, 1024}[random() % 4],
                                  .threads = std::vector<unsigned>{1, 2, 8}[random() % 3],
                                  .restart_each_epoch = random() % 8 == 0,
                                  .spill_each_epoch = random() % 8 == 0,
                                  .until_ms = world.until_ms};
    for (const auto& alert :
         harness::run_engine(stage, at_once(world.deliveries), {.until_ms = how.until_ms}).revisions)
      kinds.insert(alert.kind);
    if (wrong_with(stage, world.deliveries, how).empty()) continue;
    const auto part = without_orphans(smallest(world.deliveries, [&](const auto& fewer) {
      const auto wrong = wrong_with(stage, without_orphans(fewer), how);
      return !wrong.empty() && !wrong.ends_with(too_late);  // a backlog is, without its first contact
    }));
    std::string text;
    for (const auto& line : arrived(part)) text += reference::to_json_line(line);
    FAIL() << fmt::format("seed {}, batch {}, {} threads, restarts {}, spills {}, until {}\n", seed, how.batch,
                          how.threads, how.restart_each_epoch, how.spill_each_epoch, world.until_ms)
           << wrong_with(stage, part, how) << text;
  }
  // A world in which a rule finds nothing says nothing about it.
  for (const auto& spec : rule_kinds()) {
    const auto is_read = [&](StreamId stream) { return std::ranges::find(spec.streams, stream) != spec.streams.end(); };
    if (spec.kind == "clock_fault" || !(is_read(StreamId::access) || is_read(StreamId::camera))) continue;
    EXPECT_TRUE(kinds.contains(std::string(spec.kind))) << spec.kind;
  }
}

TEST(OrderLawOfDoorsAndCameras, BacklogsOfNumberedDevices) { try_sites(Arrival::backlog); }
TEST(OrderLawOfDoorsAndCameras, UnnumberedDevicesWithinTheLateness) { try_sites(Arrival::unnumbered); }
TEST(OrderLawOfDoorsAndCameras, AnyOrderWithinTheHorizon) { try_sites(Arrival::shuffled); }

}  // namespace
}  // namespace vigia::scenarios
