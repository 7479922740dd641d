#include "instance.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

namespace vigia::test {

Instance::Instance(std::string name, std::string config)
    : directory_(std::filesystem::path(config).parent_path().string()),
      name_(std::move(name)),
      config_(std::move(config)) {}

void Instance::start(const std::map<std::string, std::string>& environment) {
  life_begins_ = log().size();
  frozen_ = false;
  process_ = std::make_unique<VigiaProcess>(std::vector<std::string>{"run", "--config", config_, "--threads", "2"},
                                            directory_ + "/" + name_ + ".log", environment);
}

void Instance::kill() {
  if (process_) process_->kill_at_once();
  frozen_ = false;
}

void Instance::freeze() {
  if (process_) process_->freeze();
  frozen_ = true;
}

void Instance::thaw() {
  if (process_) process_->thaw();
  frozen_ = false;
}

int Instance::stop() {
  thaw();
  const int code = process_ ? process_->terminate() : -1;
  account_ = account_in(log_of_this_life());
  return code;
}

int Instance::wait() { return process_ ? process_->wait() : -1; }

std::string Instance::state_directory() const { return directory_ + "/state-" + name_; }

std::string Instance::log() const {
  std::ifstream in(directory_ + "/" + name_ + ".log");
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string Instance::log_of_this_life() const { return log().substr(life_begins_); }

}  // namespace vigia::test
