#include "app/demo_broker.h"

#include <fcntl.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string_view>

#include <fmt/format.h>

#include "app/command.h"

namespace vigia {
namespace {

constexpr const char* hidden_command = "demo-broker";

Status failed(std::string_view what) {
  return Status::of(Fault::fatal, fmt::format("the demonstration broker: {}: {}", what, std::strerror(errno)));
}

// In the child, between fork and exec: only what is safe there.
[[noreturn]] void become_broker(int input, int output, char* const* arguments) {
  ::dup2(input, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::execv("/proc/self/exe", arguments);
  ::_exit(127);
}

bool create(rd_kafka_mock_cluster_t* cluster, std::string_view topic) {
  const std::size_t colon = topic.rfind(':');
  int partitions = 0;
  if (colon == std::string_view::npos) return false;
  std::from_chars(topic.data() + colon + 1, topic.data() + topic.size(), partitions);
  const std::string name(topic.substr(0, colon));
  return partitions > 0 &&
         rd_kafka_mock_topic_create(cluster, name.c_str(), partitions, 1) == RD_KAFKA_RESP_ERR_NO_ERROR;
}

}  // namespace

DemoBroker::~DemoBroker() {
  if (lifeline_ >= 0) ::close(lifeline_);
  if (process_ > 0) ::waitpid(process_, nullptr, 0);
}

Status DemoBroker::start(const std::vector<DemoTopic>& topics) {
  std::vector<std::string> words = {"vigia", hidden_command};
  for (const DemoTopic& topic : topics) words.push_back(fmt::format("{}:{}", topic.name, topic.partitions));
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);

  int input[2];
  int output[2];
  if (::pipe2(input, O_CLOEXEC) != 0) return failed("pipe");
  if (::pipe2(output, O_CLOEXEC) != 0) return failed("pipe");
  process_ = ::fork();
  if (process_ == 0) become_broker(input[0], output[1], arguments.data());
  ::close(input[0]);
  ::close(output[1]);
  lifeline_ = input[1];
  Status status = process_ < 0 ? failed("fork") : read_address(output[0]);
  ::close(output[0]);
  return status;
}

Status DemoBroker::read_address(int from) {
  char letter = 0;
  while (::read(from, &letter, 1) == 1) {
    if (letter == '\n') return Status::good();
    brokers_ += letter;
  }
  return Status::of(Fault::fatal, "the demonstration broker did not start");
}

int serve_demo_broker(const std::vector<std::string>& topics) {
  ::signal(SIGINT, SIG_IGN);  // Ctrl-C reaches the whole terminal: the demo decides when the broker goes
  char text[512];
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  rd_kafka_conf_set(conf, "client.id", "vigia-demo-broker", text, sizeof text);
  rd_kafka_conf_set(conf, "log_level", "3", text, sizeof text);  // it warns that it has no brokers: it is one
  rd_kafka_t* handle = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
  if (handle == nullptr) {
    fmt::print(stderr, "vigia demo-broker: {}\n", text);
    rd_kafka_conf_destroy(conf);
    return exit_failed;
  }
  rd_kafka_mock_cluster_t* cluster = rd_kafka_mock_cluster_new(handle, 1);
  for (const std::string& topic : topics) {
    if (cluster == nullptr || !create(cluster, topic)) {
      fmt::print(stderr, "vigia demo-broker: topic {} was not created\n", topic);
      return exit_failed;
    }
  }
  fmt::print("{}\n", rd_kafka_mock_cluster_bootstraps(cluster));
  std::fflush(stdout);
  char ignored[64];
  while (::read(STDIN_FILENO, ignored, sizeof ignored) > 0) {
  }
  rd_kafka_mock_cluster_destroy(cluster);
  rd_kafka_destroy(handle);
  return exit_good;
}

void add_demo_broker_command(CLI::App& cli, int& exit_code) {
  auto topics = std::make_shared<std::vector<std::string>>();
  CLI::App* command = cli.add_subcommand(hidden_command, "a Kafka broker in memory, for the demo")->group("");
  command->add_option("topics", *topics, "NAME:PARTITIONS");
  command->callback([topics, &exit_code] { exit_code = serve_demo_broker(*topics); });
}

}  // namespace vigia
