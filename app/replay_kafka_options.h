// `vigia replay --from-kafka`: its options, and what it says.
#pragma once

#include <CLI/CLI.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace vigia {

struct KafkaReplayArguments {
  bool from_kafka = false;
  std::string from, to;
  std::vector<std::int32_t> partitions;
  std::vector<std::string> from_offsets, to_offsets;
  bool no_compare = false;
};

// Adds them to `vigia replay`; each needs --from-kafka, which excludes those that are about files. Gives --from-kafka.
CLI::Option* add_kafka_replay_options(CLI::App& command, KafkaReplayArguments& arguments);

// `output` empty: nowhere. Gives the exit code.
[[nodiscard]] int run_kafka_replay(const KafkaReplayArguments& arguments, const std::string& config,
                                   const std::string& output, unsigned threads, bool quiet);

}  // namespace vigia
