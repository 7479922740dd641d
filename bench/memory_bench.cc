// What a seal costs in memory at a million seals: measured from the inside (what the engine accounts for its budget) and
// from the outside (the process's resident memory).
#include <benchmark/benchmark.h>

#include <fstream>

#include <unistd.h>

#include "bench/bench_setup.h"
#include "engine/key_image.h"
#include "engine/shard.h"
#include "operators/seal_decode.h"
#include "operators/seal_domain.h"

namespace vigia::bench {
namespace {

constexpr std::uint32_t warm_up_rounds = 120;  // every seal has let go of its first block
constexpr std::uint32_t join_spread = 48;

double resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  double total = 0, resident = 0;
  statm >> total >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

// A shard by itself, so that its keys can be looked at.
struct Engine {
  Engine()
      : domain(world().config),
        decoder(domain),
        shard(domain, {domain_horizon_ms(), world().config.allowed_lateness_ms, world().config.max_clock_skew_ms}) {}
  static TimeMs domain_horizon_ms() { return world().config.horizon_ms; }

  void feed(const RecordList& list) {
    list.for_each_epoch(epoch_records, [&](auto records, auto clocks, TimeMs clock_ms) {
      decoder.begin();
      rows.clear();
      for (std::size_t i = 0; i < records.size(); ++i) {
        row.clock_ms = clocks[i];
        decoder.decode(
            records[i], row, [&](const Row<SealPayload>& decoded) { rows.push_back(decoded); }, rejected, account);
      }
      shard.apply(rows);
      alerts.clear();
      shard.finish(clock_ms, alerts);
    });
  }

  SealDomain domain;
  SealDecoder decoder;
  Shard<SealDomain> shard;
  std::vector<Row<SealPayload>> rows;
  Row<SealPayload> row;
  std::vector<RejectedRecord> rejected;
  std::vector<Alert> alerts;
  Account account;
};

void seal_memory(benchmark::State& state) {
  const auto seals = static_cast<std::uint32_t>(state.range(0));
  for (auto _ : state) {
    static_cast<void>(world());
    Fleet fleet(world().routes, seals);
    RecordList list;
    fleet.append_round(list);  // so that the list's own memory is there before
    const auto before_bytes = resident_bytes();
    Engine engine;
    list.clear();
    fleet.append_trip_starts(list);
    engine.feed(list);
    for (std::uint32_t round = 0; round < warm_up_rounds; ++round) {
      list.clear();
      fleet.append_round(list, [&](std::uint32_t seal) { return seal % join_spread <= round; });
      engine.feed(list);
    }
    const auto after_bytes = resident_bytes();
    double history_bytes = 0, events = 0;
    for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(engine.shard.key_count()); ++i)
      for (const auto* block = engine.shard.record_at(i).cold->head.get(); block != nullptr;
           block = block->next.get()) {
        history_bytes += static_cast<double>(block->memory_bytes());
        events += block->count;
      }
    const auto keys = static_cast<double>(engine.shard.key_count());
    const auto accounted_bytes = static_cast<double>(engine.shard.memory_bytes());
    const auto record_bytes = sizeof(KeyRecord<SealDomain>) + engine.domain.area_bytes() + engine.domain.state_bytes();
    state.counters["hot_bytes"] = static_cast<double>((record_bytes + 63) / 64 * 64);
    state.counters["beside_history_bytes"] = (accounted_bytes - history_bytes) / keys;
    state.counters["history_bytes_per_event"] = history_bytes / events;
    state.counters["events_kept"] = events / keys;
    state.counters["accounted_bytes"] = accounted_bytes / keys;
    state.counters["resident_bytes"] = (after_bytes - before_bytes) / keys;
  }
}
BENCHMARK(seal_memory)->Arg(1'000'000)->Iterations(1)->Unit(benchmark::kSecond);

}  // namespace
}  // namespace vigia::bench

BENCHMARK_MAIN();
