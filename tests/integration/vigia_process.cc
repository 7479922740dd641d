#include "vigia_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <string_view>
#include <utility>

namespace vigia::test {

namespace {

constexpr auto limit = std::chrono::seconds(120);

int code_of(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

// Made before the fork: afterwards other threads may hold the locks that this needs.
std::vector<std::string> environment_with(std::map<std::string, std::string> added) {
  std::vector<std::string> all;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text(*variable);
    if (!added.contains(std::string(text.substr(0, text.find('='))))) all.emplace_back(text);
  }
  for (const auto& [name, value] : added) all.push_back(name + "=" + value);
  return all;
}

}  // namespace

VigiaProcess::VigiaProcess(const std::vector<std::string>& arguments, std::string log,
                           const std::map<std::string, std::string>& environment)
    : log_(std::move(log)) {
  std::vector<char*> argv{const_cast<char*>(VIGIA_BINARY)};
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const auto variables = environment_with(environment);
  std::vector<char*> envp;
  for (const auto& variable : variables) envp.push_back(const_cast<char*>(variable.c_str()));
  envp.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ != 0) return;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int fd = ::open(log_.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  ::dup2(fd, STDOUT_FILENO);
  ::dup2(fd, STDERR_FILENO);
  ::execve(VIGIA_BINARY, argv.data(), envp.data());
  ::_exit(127);
}

VigiaProcess::~VigiaProcess() { kill_at_once(); }

void VigiaProcess::kill_at_once() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void VigiaProcess::hang_up() {
  if (pid_ > 0) ::kill(pid_, SIGHUP);
}

void VigiaProcess::freeze() {
  if (pid_ > 0) ::kill(pid_, SIGSTOP);
}

void VigiaProcess::thaw() {
  if (pid_ > 0) ::kill(pid_, SIGCONT);
}

bool VigiaProcess::running() const {
  siginfo_t ended{};
  return pid_ > 0 && ::waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         ended.si_pid == 0;
}

int VigiaProcess::terminate() {
  if (pid_ > 0) ::kill(pid_, SIGTERM);
  return wait();
}

int VigiaProcess::wait() {
  if (pid_ <= 0) return -1;
  const auto ended = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  pollfd fd{ended, POLLIN, 0};
  const auto limit_ms = std::chrono::duration_cast<std::chrono::milliseconds>(limit).count();
  const bool in_time = ::poll(&fd, 1, static_cast<int>(limit_ms)) == 1;
  ::close(ended);
  if (!in_time) return -1;  // the destructor kills it
  int status = 0;
  ::waitpid(std::exchange(pid_, -1), &status, 0);
  return code_of(status);
}

std::string VigiaProcess::log() const {
  std::ifstream in(log_);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool VigiaProcess::wait_for_log(const std::string& text) {
  const auto ended = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  const auto deadline = std::chrono::steady_clock::now() + limit;
  bool running = true, found = false;
  while (!found && running && std::chrono::steady_clock::now() < deadline) {
    pollfd fd{ended, POLLIN, 0};
    running = ::poll(&fd, 1, 50) == 0;
    found = log().find(text) != std::string::npos;
  }
  ::close(ended);
  return found;
}

int run_vigia(const std::vector<std::string>& arguments, const std::string& log) {
  VigiaProcess process(arguments, log);
  return process.wait();
}

}  // namespace vigia::test
