#include "app/snapshot_before.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <vector>

#include "app/stage_service.h"

namespace vigia {
namespace {

// Newest first: the current one, the older generations, one of each day.
std::vector<std::filesystem::path> snapshot_directories(const std::string& state_directory) {
  const std::filesystem::path current = snapshot_directory(state_directory);
  std::vector<std::filesystem::path> found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(current.string() + "-older", error))
    found.push_back(entry.path());
  std::ranges::sort(found, std::greater<>());
  if (std::filesystem::exists(current / "CURRENT", error)) found.insert(found.begin(), current);
  const auto first_day = static_cast<std::ptrdiff_t>(found.size());
  for (const auto& entry : std::filesystem::directory_iterator(current.string() + "-daily", error))
    found.push_back(entry.path());
  std::sort(found.begin() + first_day, found.end(), std::greater<>());
  return found;
}

}  // namespace

Status task_before(const std::string& state_directory, const std::string& scratch, const MakeStageTask& make_task,
                   const std::function<bool(const SnapshotHead&)>& is_before,
                   const std::function<void(const std::string&)>& warn, std::unique_ptr<StageTask>& out) {
  if (Status status = make_task({}, out); !status.ok()) return status;
  for (const std::filesystem::path& directory : snapshot_directories(state_directory)) {
    SnapshotStore store;
    std::optional<SnapshotHead> head;
    std::unique_ptr<StageTask> task;
    Status status = store.open_secondary(directory.string(), scratch + "/" + directory.filename().string());
    if (status.ok()) status = store.head(out->name, head);
    if (status.ok() && (!head || !is_before(*head))) continue;
    if (status.ok()) status = make_task(head->configuration, task);
    if (status.ok()) status = store.restore(task->name, *task->task, head);
    if (!status.ok()) {
      warn(status.text);
      continue;
    }
    task->go_on_from(*head);
    out = std::move(task);
    break;
  }
  return Status::good();
}

}  // namespace vigia
