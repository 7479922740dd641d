// The broker of the benchmarks with Kafka: that of the integration tests, started for the whole program. VIGIA_TEST_BROKER
// names one that is running instead.
#pragma once

#include <string>

#include "connectors/status.h"

namespace vigia::bench {

// Where it listens. REQUIRES: run_with_broker has started it.
[[nodiscard]] const std::string& brokers();

// What main() of such a program does; its exit code.
int run_with_broker(int argc, char** argv);

// Ends the process with the text of anything but a good status.
void require(const Status& status);

}  // namespace vigia::bench
