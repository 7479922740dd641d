#include "broker.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <random>
#include <system_error>
#include <vector>

#include "connectors/kafka_client.h"

namespace vigia::test {

namespace {

// The first start may have to fetch the jars.
constexpr auto start_limit = std::chrono::minutes(5);

// Below those that the system gives to outgoing connections: one of these could take the port while the broker is down.
constexpr int first_port = 15'000, port_count = 15'000;

// All at once, so that they differ.
std::array<std::uint16_t, 3> free_ports() {
  std::array<int, 3> sockets{};
  std::array<std::uint16_t, 3> ports{};
  std::random_device random;
  for (std::size_t i = 0; i < ports.size(); ++i) {
    sockets[i] = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    do {
      ports[i] = static_cast<std::uint16_t>(first_port + random() % port_count);
      address.sin_port = htons(ports[i]);
    } while (::bind(sockets[i], reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 && errno == EADDRINUSE);
  }
  for (const int socket : sockets) ::close(socket);
  return ports;
}

std::string last_lines(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string text((std::istreambuf_iterator<char>(in)), {});
  return text.size() > 2000 ? text.substr(text.size() - 2000) : text;
}

}  // namespace

Broker::~Broker() {
  kill();
  std::error_code ignored;
  if (!directory_.empty() && std::getenv("VIGIA_KEEP_BROKER") == nullptr) {
    std::filesystem::remove_all(directory_, ignored);
  }
}

Status Broker::start(std::uint16_t advertised_port) {
  std::string pattern = (std::filesystem::temp_directory_path() / "vigia-broker-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) return Status::of(Fault::fatal, "no temporary directory");
  directory_ = pattern;
  const auto ports = free_ports();
  port_ = ports[0];
  controller_port_ = ports[1];
  proxied_port_ = ports[2];
  advertised_port_ = advertised_port;
  bootstrap_ = fmt::format("127.0.0.1:{}", port_);
  return start_again();
}

Status Broker::start_again() {
  if (Status status = launch(); !status.ok()) return status;
  return wait_until_ready();
}

Status Broker::launch() {
  const std::string script = VIGIA_SOURCE_DIR "/tests/integration/broker.sh";
  const std::string port = std::to_string(port_), controller_port = std::to_string(controller_port_);
  const std::string proxied = std::to_string(proxied_port_), advertised = std::to_string(advertised_port_);
  const std::string directory = directory_.string();
  std::vector<const char*> arguments{"bash", script.c_str(), directory.c_str(), port.c_str(), controller_port.c_str()};
  if (advertised_port_ != 0) arguments.insert(arguments.end(), {proxied.c_str(), advertised.c_str()});
  arguments.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ < 0) return Status::of(Fault::fatal, "fork failed");
  if (pid_ == 0) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test that crashes leaves no broker behind
    ::execv("/bin/bash", const_cast<char* const*>(arguments.data()));
    ::_exit(127);
  }
  ::setpgid(pid_, pid_);
  return Status::good();
}

Status Broker::wait_until_ready() {
  KafkaClient client;
  KafkaClientOptions options;
  options.brokers = bootstrap_;
  options.defaults = {{"reconnect.backoff.max.ms", "200"}, {"log_level", "0"}};
  if (Status status = client.open(RD_KAFKA_PRODUCER, options); !status.ok()) return status;
  const auto deadline = std::chrono::steady_clock::now() + start_limit;
  Status status;
  do {
    int ended = 0;
    if (::waitpid(pid_, &ended, WNOHANG) == pid_) {
      pid_ = -1;
      return Status::of(Fault::fatal, fmt::format("the broker has ended:\n{}", last_lines(directory_ / "broker.log")));
    }
    KafkaTopics topics;
    status = fetch_topics(client, {}, 1000, topics);  // waits up to that long for a connection
  } while (!status.ok() && std::chrono::steady_clock::now() < deadline);
  if (!status.ok()) status.text.append(1, '\n').append(last_lines(directory_ / "broker.log"));
  return status;
}

void Broker::kill() {
  if (pid_ <= 0) return;
  ::kill(-pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void Broker::freeze() { ::kill(-pid_, SIGSTOP); }
void Broker::thaw() { ::kill(-pid_, SIGCONT); }

}  // namespace vigia::test
