#include "app/store_followers.h"

#include <filesystem>
#include <functional>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "app/running_stage.h"

namespace vigia {
namespace {

constexpr TimeMs catch_up_patience_ms = 10'000;

void warn(const std::string& text) { spdlog::warn("{}", text); }

Status or_anew(const char* name, const std::string& directory,
               const std::function<Status(const std::string&)>& follow) {
  Status status = follow(directory);
  if (status.fault != Fault::damaged) return status;
  const std::string aside = directory + "-damaged";
  spdlog::error("{}: {}; it is made again from topics, as far as they reach back; what was in it lies in {}", name,
                status.text, aside);
  std::error_code error;
  std::filesystem::remove_all(aside, error);
  std::filesystem::rename(directory, aside, error);
  if (error) return Status::of(Fault::storage, fmt::format("{}: {}", directory, error.message()));
  return follow(directory);
}

}  // namespace

std::string alert_directory(const std::string& state_directory) { return state_directory + "/alerts"; }
std::string record_directory(const std::string& state_directory) { return state_directory + "/records"; }

Status StoreFollowers::start() {
  const std::string& state = pipeline_.state_directory;
  Status status = or_anew("alert store", alert_directory(state), [this](auto& from) { return follow_alerts(from); });
  if (!status.ok()) return status;
  return or_anew("record store", record_directory(state), [this](auto& from) { return follow_records(from); });
}

Status StoreFollowers::follow_alerts(const std::string& directory) {
  alert_follower_.reset();
  Status status = alerts_.open(directory);
  if (status.ok()) {
    AlertFollowerOptions options = follower_options(pipeline_);
    options.log = log_kafka;
    options.warn = warn;
    alert_follower_ = std::make_unique<AlertFollower>(alerts_, std::move(options));
    status = alert_follower_->start();
  }
  if (!status.ok()) alerts_.close();
  return status;
}

Status StoreFollowers::follow_records(const std::string& directory) {
  record_follower_.reset();
  Status status = records_.open(directory);
  if (status.ok()) {
    record_follower_ = std::make_unique<RecordFollower>(records_, pipeline_, RecordFollowerOptions{log_kafka, warn});
    status = record_follower_->start();
  }
  if (!status.ok()) records_.close();
  return status;
}

void StoreFollowers::catch_up() {
  Status followed = alert_follower_->catch_up(catch_up_patience_ms);
  if (!followed.ok()) warn(fmt::format("alert store: {}; the next start goes on", followed.text));
  followed = record_follower_->catch_up(catch_up_patience_ms);
  if (!followed.ok()) warn(fmt::format("record store: {}; the next start goes on", followed.text));
}

}  // namespace vigia
