#include "app/replay_kafka_options.h"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "app/account_text.h"
#include "app/exit_code.h"
#include "app/kafka_replay.h"
#include "app/time_text.h"

namespace vigia {
namespace {

int complain(int code, const std::string& text) {
  fmt::print(stderr, "vigia replay: {}\n", text);
  return code;
}

// Empty when it is good, else what is wrong with it.
std::string read_times(const KafkaReplayArguments& arguments, const std::string& zone, ReplayRange& range) {
  for (const auto& [text, bound] :
       {std::pair(&arguments.from, &range.from_ms), std::pair(&arguments.to, &range.to_ms)}) {
    if (text->empty()) continue;
    const auto time_ms = parse_time(*text, zone);
    if (!time_ms) return no_time_words(*text);
    *bound = *time_ms;
  }
  if (range.from_ms > range.to_ms) return fmt::format("--from {} is behind --to {}", arguments.from, arguments.to);
  return {};
}

// Empty when it is good, else what is wrong with it.
std::string read_offsets(const char* option, std::span<const std::string> texts, std::span<const std::string> topics,
                         std::vector<PartitionOffset>& out) {
  for (const std::string& text : texts) {
    const auto offset = parse_partition_offset(text);
    if (!offset) return fmt::format("found the offset {}, expected TOPIC/PARTITION:OFFSET", text);
    if (std::ranges::find(topics, offset->topic) == topics.end()) {
      return fmt::format("found topic {} in {}, expected one of the pipeline's sources: {}", offset->topic, option,
                         fmt::join(topics, ", "));
    }
    out.push_back(*offset);
  }
  return {};
}

// The partitions are those of the offsets to begin at, or to end at where there are none, unless --partition says which.
std::string read_offsets(const KafkaReplayArguments& arguments, std::span<const std::string> topics,
                         ReplayRange& range) {
  std::string wrong = read_offsets("--from-offset", arguments.from_offsets, topics, range.from_offset);
  if (wrong.empty()) wrong = read_offsets("--to-offset", arguments.to_offsets, topics, range.to_offset);
  if (!wrong.empty()) return wrong;
  range.partitions = arguments.partitions;
  if (range.partitions.empty()) {
    for (const PartitionOffset& named : range.from_offset.empty() ? range.to_offset : range.from_offset)
      range.partitions.push_back(named.partition.value);
  }
  for (const auto& [option, offsets] :
       {std::pair("--from-offset", &range.from_offset), std::pair("--to-offset", &range.to_offset)}) {
    for (const PartitionOffset& one : *offsets) {
      if (range.has_partition(one.partition)) continue;
      return fmt::format("{} {}/{}:{} is not among the partitions given", option, one.topic, one.partition.value,
                         one.next.value);
    }
  }
  return {};
}

int report(const KafkaReplayResult& result, bool compared, bool quiet) {
  if (!quiet) {
    fmt::print(stderr, "{}\n", summary_json(result.account, result.alerts, result.unlisted));
  }
  if (!result.status.ok())
    return complain(result.is_bad_request ? exit_configuration : exit_failed, result.status.text);
  const std::string counts = fmt::format("{} tasks, {} epochs, {} records, {} alert revisions derived again",
                                         result.tasks, result.epochs, result.records, result.alerts);
  if (result.epochs == 0) return complain(exit_failed, "the journal has no epochs to derive anything from");
  if (result.differences > 0) {
    fmt::print(stderr, "vigia replay: {}", result.first_difference);
    return complain(exit_failed, fmt::format("{}: {} of them or of those published differ; the first is shown", counts,
                                             result.differences));
  }
  if (!quiet) fmt::print(stderr, "vigia replay: {}{}\n", counts, compared ? ", all as published" : "");
  return exit_good;
}

}  // namespace

CLI::Option* add_kafka_replay_options(CLI::App& command, KafkaReplayArguments& arguments) {
  CLI::Option* from_kafka =
      command.add_flag("--from-kafka", arguments.from_kafka,
                       "derive the alerts of a range again from the topics and the journal, and hold them against "
                       "what was published");
  const char* const group = "With --from-kafka";
  from_kafka->group(group);
  const auto add = [&](CLI::Option* option) { return option->needs(from_kafka)->group(group); };
  add(command.add_option("--from", arguments.from, "alerts detected at this time or later"));
  add(command.add_option("--to", arguments.to, "alerts detected at this time or earlier"));
  add(command.add_option("--partition", arguments.partitions, "only these; several may be given"))
      ->check(CLI::NonNegativeNumber);
  add(command.add_option("--from-offset", arguments.from_offsets,
                         "TOPIC/PARTITION:OFFSET: from the epoch that took this record on; several may be given"))
      ->excludes(command.get_option("--from"));
  add(command.add_option("--to-offset", arguments.to_offsets,
                         "TOPIC/PARTITION:OFFSET: up to the last epoch before this record; several may be given"))
      ->excludes(command.get_option("--to"));
  add(command.add_flag("--no-compare", arguments.no_compare, "derive only"));
  return from_kafka;
}

int run_kafka_replay(const KafkaReplayArguments& arguments, const std::string& config, const std::string& output,
                     unsigned threads, bool quiet) {
  const auto loaded = load_stage(config);
  if (!loaded) return exit_configuration;
  KafkaReplayOptions options;
  options.compare = !arguments.no_compare;
  options.output = output.empty() && arguments.no_compare ? "-" : output;
  options.threads = threads;
  std::string wrong = read_times(arguments, loaded->pipeline.timezone, options.range);
  if (wrong.empty()) wrong = read_offsets(arguments, loaded->topics, options.range);
  if (!wrong.empty()) return complain(exit_configuration, wrong);
  return report(replay_from_kafka(*loaded, options), options.compare, quiet);
}

}  // namespace vigia
