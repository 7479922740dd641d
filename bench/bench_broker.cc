#include "bench/bench_broker.h"

#include <cstdlib>

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "tests/integration/broker.h"

namespace vigia::bench {
namespace {

std::string listening_at;

}  // namespace

const std::string& brokers() { return listening_at; }

int run_with_broker(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  spdlog::set_level(spdlog::level::err);
  test::Broker broker;
  if (const char* running = std::getenv("VIGIA_TEST_BROKER")) {
    listening_at = running;
  } else {
    setenv("VIGIA_KAFKA_JAVA", "-XX:+UseParallelGC", 0);
    setenv("VIGIA_KAFKA_HEAP", "1g", 0);
    if (const auto status = broker.start(); !status.ok()) {
      fmt::print(stderr, "no broker: {}\n", status.text);
      return 1;
    }
    listening_at = broker.bootstrap();
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

void require(const Status& status) {
  if (status.ok()) return;
  fmt::print(stderr, "{}\n", status.text);
  std::exit(1);
}

}  // namespace vigia::bench
