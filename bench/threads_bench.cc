// One engine on two threads against two processes of one thread each, side by side, the same seals in all. Two cores are
// needed; wall time, for that is what threads are to save. The two ways take turns.
#include <benchmark/benchmark.h>

#include <atomic>
#include <thread>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/bench_setup.h"

namespace vigia::bench {
namespace {

constexpr std::uint32_t seals = 100'000;
constexpr std::uint32_t warm_up_rounds = 12;
constexpr std::uint32_t timed_rounds = 20;

// What the processes share: when they are ready, when to go, and how fast each was.
struct Board {
  std::atomic<int> ready{0};
  std::atomic<bool> go{false};
  double events_per_s[2] = {};
};

// Warms an engine up, waits for the sign, and says how many events a second it did.
template <class Wait>
double measure(unsigned threads, std::uint32_t fleet_seals, std::uint32_t first_seal, Wait&& wait) {
  Fleet fleet(world().routes, fleet_seals, first_seal);
  auto task = make_task(threads);
  RecordList list;
  fleet.append_trip_starts(list);
  feed(*task, list);
  for (std::uint32_t round = 0; round < warm_up_rounds; ++round) {
    list.clear();
    fleet.append_round(list);
    feed(*task, list);
  }
  list.clear();
  for (std::uint32_t round = 0; round < timed_rounds; ++round) fleet.append_round(list);
  wait();
  const auto before = wall_seconds();
  feed(*task, list, epoch_records * threads);
  return static_cast<double>(list.size()) / (wall_seconds() - before);
}

double two_processes() {
  auto* board = new (mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) Board;
  pid_t children[2];
  for (std::uint32_t i = 0; i < 2; ++i) {
    children[i] = fork();
    if (children[i] != 0) continue;
    board->events_per_s[i] = measure(1, seals / 2, i * seals / 2, [&] {
      ++board->ready;
      while (!board->go) std::this_thread::yield();
    });
    _exit(0);
  }
  while (board->ready < 2) usleep(1000);
  board->go = true;
  for (const auto child : children) waitpid(child, nullptr, 0);
  const auto both = board->events_per_s[0] + board->events_per_s[1];
  munmap(board, sizeof(Board));
  return both;
}

void two_threads(benchmark::State& state) {
  std::vector<double> threads, processes;
  for (auto _ : state) {
    processes.push_back(two_processes());  // before this process has threads that a fork would lose
    const auto child_result = [] {
      int pipe_ends[2];
      if (pipe(pipe_ends) != 0) return 0.0;
      const auto child = fork();
      if (child == 0) {
        const auto rate = measure(2, seals, 0, [] {});
        _exit(write(pipe_ends[1], &rate, sizeof rate) == sizeof rate ? 0 : 1);
      }
      double rate = 0;
      if (read(pipe_ends[0], &rate, sizeof rate) != sizeof rate) rate = 0;
      waitpid(child, nullptr, 0);
      close(pipe_ends[0]);
      close(pipe_ends[1]);
      return rate;
    }();
    threads.push_back(child_result);
    state.SetIterationTime(seals * timed_rounds / threads.back());
  }
  state.counters["two_threads_M_per_s"] = median(threads) / 1e6;
  state.counters["two_processes_M_per_s"] = median(processes) / 1e6;
  state.counters["ratio"] = median(threads) / median(processes);
}
BENCHMARK(two_threads)->Iterations(5)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace vigia::bench

int main(int argc, char** argv) {
  static_cast<void>(vigia::bench::world());
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
