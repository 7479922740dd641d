#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "app/account_text.h"
#include "app/command.h"
#include "app/progress_bar.h"
#include "app/replay.h"
#include "app/replay_kafka_options.h"
#include "app/stage_loading.h"
#include "app/time_text.h"
#include "app/triage_stage.h"
#include "app/triaged_task.h"
#include "connectors/file_sink.h"
#include "connectors/file_source.h"
#include "operators/signal_stage.h"

namespace vigia {
namespace {

struct ReplayArguments {
  std::string config;
  std::vector<std::string> inputs;
  std::string output = "-";
  std::string dead_letters, alert_state;
  std::string until;
  std::size_t batch = 1024;
  std::size_t restart_every = 0;
  unsigned threads = std::max(1U, std::thread::hardware_concurrency());
  bool quiet = false;
  KafkaReplayArguments kafka;
};

int complain(const Status& status) {
  fmt::print(stderr, "vigia replay: {}\n", status.text);
  return exit_failed;
}

int run_files(const ReplayArguments& arguments) {
  auto loaded = load_stage(arguments.config);
  if (!loaded) return exit_configuration;
  ReplayOptions options;
  if (!arguments.until.empty()) {
    options.until_ms = parse_time(arguments.until, loaded->pipeline.timezone);
    if (!options.until_ms) {
      fmt::print(stderr, "vigia replay: {}\n", no_time_words("--until " + arguments.until));
      return exit_configuration;
    }
  }
  loaded->stage.threads = arguments.threads;
  for (auto& read : loaded->stage.sources) read.format = PayloadFormat::json;  // a line holds JSON, whatever its topic

  const bool with_triage = !arguments.alert_state.empty();
  const auto first_command = static_cast<std::uint16_t>(loaded->topics.size());
  if (with_triage)
    loaded->topics.insert(loaded->topics.end(), loaded->command_topics.begin(), loaded->command_topics.end());
  FileSource source({arguments.inputs, loaded->topics, 1});
  if (const Status status = source.open({}); !status.ok()) return complain(status);
  FileSink alerts(arguments.output);
  if (const Status status = alerts.open(); !status.ok()) return complain(status);
  std::unique_ptr<FileDeadLetters> letters;
  if (!arguments.dead_letters.empty()) {
    letters = std::make_unique<FileDeadLetters>(arguments.dead_letters);
    if (const Status status = letters->open(); !status.ok()) return complain(status);
  }

  FileSink states(arguments.alert_state);
  if (with_triage) {
    if (const Status status = states.open(); !status.ok()) return complain(status);
  }
  const auto make_task = [&]() -> std::unique_ptr<Task> {
    auto whole = make_whole_task(loaded->stage);
    if (!with_triage) return whole;
    return std::make_unique<TriagedTask>(std::move(whole), make_triage_task(loaded->stage, *loaded, 1), first_command);
  };

  if (with_triage) options.states = &states;
  options.batch = arguments.batch;
  options.restart_every = arguments.restart_every;
  ReplayResult result;
  {
    ProgressBar bar(source.bytes_total());
    options.progress = [&](const Account& account) { bar.show(source.bytes_read(), account_words(account)); };
    result = replay(source, make_task, alerts, letters.get(), loaded->topics, options);
  }
  if (!arguments.quiet) {
    for (const auto& [topic, lines] : source.skipped_topics()) {
      fmt::print(stderr,
                 "vigia replay: {} lines of topic {} skipped: no source of the pipeline that has operators reads it\n",
                 lines, topic);
    }
    fmt::print(stderr, "{}\n", summary_json(result.account, result.alerts, result.unlisted));
  }
  return result.status.ok() ? exit_good : complain(result.status);
}

int run_replay(const ReplayArguments& arguments, bool has_output) {
  if (arguments.kafka.from_kafka) {
    return run_kafka_replay(arguments.kafka, arguments.config, has_output ? arguments.output : "", arguments.threads,
                            arguments.quiet);
  }
  if (!arguments.inputs.empty()) return run_files(arguments);
  fmt::print(stderr, "vigia replay: expected --input or --from-kafka\n");
  return exit_configuration;
}

}  // namespace

void add_replay_command(CLI::App& cli, int& exit_code) {
  auto arguments = std::make_shared<ReplayArguments>();
  CLI::App* command =
      cli.add_subcommand("replay", "run a pipeline over recorded files, or again over what is in Kafka");
  command->footer(
      "Lines are {\"topic\": ..., \"key\": ..., \"timestamp_ms\": ..., \"value\": {...}}, optionally with "
      "\"partition\" and "
      "\"offset\".\nEvery revision of every alert becomes one JSON line, in order; the account goes to standard "
      "error.\n\n"
      "With --from-kafka nothing is written to Kafka, no consumer group is joined, and the engine may be running. "
      "Without a\nrange it is everything that the journal holds. The first difference from what was published is "
      "shown field by field.\n\n"
      "Examples:\n"
      "  vigia replay --config config/customs.yaml --input day.jsonl --output alerts.jsonl\n"
      "  zcat day.jsonl.gz | vigia replay --config config/customs.yaml --input - --until 2026-03-05T06:00 --output -\n"
      "  vigia replay --config config/customs.yaml --from-kafka --from 2026-03-04 --to 2026-03-05\n"
      "  vigia replay --config config/customs.yaml --from-kafka --from-offset seal.events/3:120000\n\n"
      "Exit: 0; 1 when the input could not be read, the output not written, or the alerts are not those published; 2 "
      "when\nthe configuration is invalid.");
  command->add_option("--config", arguments->config, "the pipeline, a YAML file")->required();
  CLI::Option* input = command->add_option("--input", arguments->inputs,
                                           "JSON lines, - for standard input; several are read one after another");
  CLI::Option* output = command
                            ->add_option("--output", arguments->output,
                                         "where the alerts go, - for standard output; with --from-kafka none, unless "
                                         "given or with --no-compare")
                            ->capture_default_str();
  CLI::Option* until = command->add_option(
      "--until", arguments->until, "advance the clock to this time at the end; without, it stays at the last record");
  CLI::Option* batch = command->add_option("--batch", arguments->batch, "lines that are applied together (an epoch)")
                           ->check(CLI::Range(std::size_t{1}, std::size_t{10'000'000}))
                           ->capture_default_str();
  command->add_option("--threads", arguments->threads, "threads; the alerts don't depend on it")
      ->check(CLI::Range(1, 1024))
      ->default_str("one a core");
  CLI::Option* letters = command->add_option("--dead-letters", arguments->dead_letters,
                                             "where records and events go that could not be applied");
  CLI::Option* states = command->add_option(
      "--alert-state", arguments->alert_state,
      "where it goes how alerts stand: with what the input's commands do about them, as on the topic of states");
  CLI::Option* restart =
      command
          ->add_option(
              "--restart-every", arguments->restart_every,
              "take a snapshot after so many epochs and go on from it, as after a crash: a check of the engine")
          ->check(not_negative());
  command->add_flag("--quiet", arguments->quiet, "no account on standard error");
  CLI::Option* from_kafka = add_kafka_replay_options(*command, arguments->kafka);
  for (CLI::Option* of_files : {input, until, batch, letters, states, restart}) of_files->excludes(from_kafka);
  command->callback([arguments, output, &exit_code] { exit_code = run_replay(*arguments, output->count() > 0); });
}

}  // namespace vigia
