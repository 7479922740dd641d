// One process of the engine, with a pipeline file and a state directory of its own; it may die and begin again.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "oracle.h"
#include "tests/integration/vigia_process.h"

namespace vigia::test {

class Instance {
 public:
  // Its files are beside its pipeline file and carry `name`.
  Instance(std::string name, std::string config);

  void start(const std::map<std::string, std::string>& environment = {});
  void kill();
  void freeze();
  void thaw();
  // SIGTERM; the exit code. What it says of the account at its end is in account().
  [[nodiscard]] int stop();
  [[nodiscard]] int wait();  // until it ends by itself

  [[nodiscard]] bool running() const { return process_ && process_->running(); }
  [[nodiscard]] bool frozen() const { return frozen_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& config() const { return config_; }
  [[nodiscard]] std::string state_directory() const;
  [[nodiscard]] std::string log() const;  // of all its lives
  [[nodiscard]] std::string log_of_this_life() const;
  [[nodiscard]] const AccountSum& account() const { return account_; }

 private:
  std::string directory_, name_, config_;
  std::unique_ptr<VigiaProcess> process_;
  std::size_t life_begins_ = 0;
  bool frozen_ = false;
  AccountSum account_;
};

}  // namespace vigia::test
