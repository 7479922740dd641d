// The program as a user runs it, in a directory of its own with a pipeline file.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

namespace vigia::test {

class VigiaProcess {
 public:
  // Starts `vigia ARGUMENTS...`; standard output and error are added to `log`. `environment` comes on top of our own.
  VigiaProcess(const std::vector<std::string>& arguments, std::string log,
               const std::map<std::string, std::string>& environment = {});
  ~VigiaProcess();  // kills it
  VigiaProcess(const VigiaProcess&) = delete;
  VigiaProcess& operator=(const VigiaProcess&) = delete;

  void kill_at_once();  // as a crash: SIGKILL
  void hang_up();       // SIGHUP: it reads its files again
  void freeze();        // until thaw() it does nothing, and does not know
  void thaw();
  [[nodiscard]] bool running() const;
  [[nodiscard]] pid_t pid() const { return pid_; }  // -1: it has ended, and that is known here
  [[nodiscard]] int terminate();  // SIGTERM, and waits; the exit code, or -1 if it did not end by itself
  [[nodiscard]] int wait();       // until it ends; 128 + N when signal N has ended it
  [[nodiscard]] std::string log() const;
  // False when the text does not come before the limit or the process ends.
  [[nodiscard]] bool wait_for_log(const std::string& text);

 private:
  std::string log_;
  pid_t pid_ = -1;
};

// Runs to its end; the exit code.
int run_vigia(const std::vector<std::string>& arguments, const std::string& log);

}  // namespace vigia::test
