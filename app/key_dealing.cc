#include "app/key_dealing.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "connectors/kill_point.h"

namespace vigia {
namespace {

constexpr std::uint64_t chunk_bytes = std::uint64_t{4} << 20;  // of one task, before they are written
constexpr std::size_t piece_keys = 10'000;                     // likewise, of what takes the place of another snapshot

// The old tasks.
struct OldTask {
  SnapshotHead head;
  std::unique_ptr<Task> task;  // without its keys: it knows the offsets that they were read at
};

Status read_old(const Dealing& dealing, const SnapshotStore& old, std::vector<OldTask>& out) {
  for (std::int32_t number = 0; number < dealing.before; ++number) {
    std::optional<SnapshotHead> head;
    if (Status status = old.head(dealing.task_name(number), head); !status.ok()) return status;
    if (!head)
      return Status::of(Fault::refused, fmt::format("there is no snapshot of {} here", dealing.task_name(number)));
    const SnapshotHead& first = out.empty() ? *head : out.front().head;
    if (head->clock_ms != first.clock_ms || head->configuration != first.configuration)
      return Status::of(Fault::refused, "the tasks' clocks or configurations differ: not everything has been read");
    std::unique_ptr<Task> task;
    if (Status status = dealing.make_task(head->configuration, task); !status.ok()) return status;
    if (std::string error = task->restore_meta(head->meta); !error.empty())
      return Status::of(Fault::refused, fmt::format("the snapshot of {}: {}", head->task, error));
    out.push_back({std::move(*head), std::move(task)});
  }
  return Status::good();
}

// An old task goes on at its place, with its account; a new one begins at the same clock.
Status new_head(const Dealing& dealing, const std::vector<OldTask>& old, std::int32_t number, SnapshotHead& head) {
  const bool is_old = number < dealing.before;
  head = old[is_old ? static_cast<std::size_t>(number) : 0].head;
  head.task = dealing.task_name(number);
  if (!is_old) {
    head.epoch = 0;
    head.journal = 0;
    head.silences.clear();
    head.offsets.clear();
    for (const std::string& topic : dealing.topics) head.offsets.push_back({topic, PartitionId{number}, Offset{-1}});
    std::unique_ptr<Task> empty;
    if (Status status = dealing.make_task(head.configuration, empty); !status.ok()) return status;
    (void)empty->process({}, {}, head.clock_ms);
    empty->snapshot(
        true, [](KeyImage&&) {}, head.meta);
  }
  head.key_set = ++head.epoch;
  ++head.term;  // a new task's, too: of what runs that were broken off have left in its journal, the last one counts
  return Status::good();
}

// Gives each new task its keys, in pieces. Until the last of them its snapshot is of epoch 0: what is not whole is nothing.
class Dealer {
 public:
  Dealer(SnapshotStore& store, std::vector<SnapshotHead>& heads) : store_(store), heads_(heads), piles_(heads.size()) {}

  Status give(PartitionId number, std::string_view key, std::string&& bytes) {
    const auto at = static_cast<std::size_t>(number.value);
    Pile& pile = piles_[at];
    pile.bytes += key.size() + bytes.size();
    pile.keys.push_back({std::string(key), std::move(bytes)});
    return pile.bytes < chunk_bytes ? Status::good() : write(at, 0);
  }

  Status write_rest() {
    for (std::size_t at = 0; at < piles_.size(); ++at) {
      if (Status status = write(at, 0); !status.ok()) return status;
    }
    return Status::good();
  }

  Status finish() {
    for (std::size_t at = 0; at < piles_.size(); ++at) {
      if (Status status = write(at, heads_[at].epoch); !status.ok()) return status;
    }
    return Status::good();
  }

 private:
  struct Pile {
    std::vector<KeyImage> keys;
    std::uint64_t bytes = 0;
  };

  Status write(std::size_t at, std::uint64_t epoch) {
    TaskSnapshot snapshot;
    snapshot.head = heads_[at];
    snapshot.head.epoch = epoch;
    snapshot.keys = std::exchange(piles_[at], {}).keys;
    return store_.write(snapshot);
  }

  SnapshotStore& store_;
  std::vector<SnapshotHead>& heads_;
  std::vector<Pile> piles_;
};

}  // namespace

std::string Dealing::task_name(std::int32_t number) const { return fmt::format("{}/{}", stage, number); }

Status deal_keys(const Dealing& dealing, const SnapshotStore& old, SnapshotStore& dealt, DealtKeys& out) {
  out = {};
  std::vector<OldTask> tasks;
  if (Status status = read_old(dealing, old, tasks); !status.ok()) return status;
  for (std::int32_t number = 0; number < dealing.after; ++number) {
    if (Status status = new_head(dealing, tasks, number, out.heads.emplace_back()); !status.ok()) return status;
  }
  Dealer dealer(dealt, out.heads);
  for (const bool strays : {true, false}) {  // these first: what belongs where they are is written over them
    for (std::int32_t from = 0; from < dealing.before; ++from) {
      const OldTask& task = tasks[static_cast<std::size_t>(from)];
      Status written;
      Status status = old.keys(task.head.task, [&](std::string_view key, std::string_view bytes) {
        const bool is_stray = dealing.place(key, dealing.before).value != from;
        if (is_stray != strays) return std::string();
        const PartitionId to = is_stray ? PartitionId{from} : dealing.place(key, dealing.after);
        std::string image(bytes);
        if (to.value != from) {
          if (std::string error = task.task->move_key(bytes, to, image); !error.empty()) return error;
          ++out.moved;
        }
        ++out.keys;
        written = dealer.give(to, key, std::move(image));
        return written.text;
      });
      if (!written.ok()) return written;
      if (!status.ok()) return status;
    }
    if (Status status = dealer.write_rest(); !status.ok()) return status;
  }
  if (Status status = dealer.finish(); !status.ok()) return status;
  kill_point("keys_dealt");
  return Status::good();
}

Status publish_dealing(const Dealing& dealing, const DealtKeys& keys, const std::string& snapshots,
                       EpochTransaction& transaction, Journal& journal, const PublishDealing& publish) {
  std::vector<TaskProgress> progress;
  std::vector<JournalEntry> marks;
  for (std::int32_t number = 0; number < dealing.after; ++number) {
    const SnapshotHead& head = keys.heads[static_cast<std::size_t>(number)];
    progress.push_back({PartitionId{number}, head.epoch, head.offsets, dealing.after});
    if (!snapshots.empty())
      progress.back().next.push_back({snapshots, PartitionId{number}, Offset{static_cast<std::int64_t>(head.epoch)}});
    JournalEntry& mark = marks.emplace_back();
    mark.task = head.task;
    mark.partition = PartitionId{number};
    mark.epoch = head.epoch;
    mark.term = head.term;
    mark.clock_ms = head.clock_ms;
    mark.configuration = head.configuration;
    mark.partitions_before = dealing.before;
  }
  bool already = false;
  if (Status status = transaction.begin(progress, already); !status.ok() || already) return status;
  if (publish) {
    if (Status status = publish(); !status.ok()) return status;
  }
  if (Status status = journal.append(marks); !status.ok()) return status;
  kill_point("dealing_marked");
  if (Status status = transaction.commit(progress); !status.ok()) return status;
  kill_point("dealing_committed");
  return Status::good();
}

Status check_dealing(const Dealing& dealing, const SnapshotStore& dealt, std::span<const TaskProgress> progress,
                     Journal& journal, bool& counts) {
  counts = false;
  for (std::int32_t number = 0; number < dealing.after; ++number) {
    const std::string task = dealing.task_name(number);
    std::optional<SnapshotHead> head;
    if (Status status = dealt.head(task, head); !status.ok()) return status;
    const std::uint64_t committed = progress[static_cast<std::size_t>(number)].epoch;
    if (!head || head->epoch > committed) return Status::good();
    bool is_marked = false;
    Status status =
        journal.read(task, PartitionId{number}, head->journal, head->epoch, committed, [&](const JournalEntry& entry) {
          is_marked |= entry.epoch == head->epoch && entry.partitions_before > 0 && entry.clock_ms == head->clock_ms &&
                       entry.term == head->term;
        });
    if (status.fault == Fault::refused) return Status::good();  // it begins behind it
    if (!status.ok() || !is_marked) return status;
  }
  counts = true;
  return Status::good();
}

namespace {

// In pieces, so that a large task is never in memory as a whole. Nobody sees it before the last one.
Status take_task(const SnapshotHead& head, const SnapshotStore& dealt, SnapshotStore& store) {
  TaskSnapshot snapshot;
  snapshot.head = head;
  snapshot.all = true;
  Status written;
  Status status = dealt.keys(head.task, [&](std::string_view key, std::string_view bytes) {
    snapshot.keys.push_back({std::string(key), std::string(bytes)});
    if (snapshot.keys.size() < piece_keys) return std::string();
    snapshot.piece = snapshot.piece == SnapshotPiece::whole ? SnapshotPiece::first : SnapshotPiece::middle;
    written = store.write(snapshot);
    snapshot.keys.clear();
    return written.text;
  });
  if (!written.ok()) return written;
  if (!status.ok()) return status;
  if (snapshot.piece != SnapshotPiece::whole) snapshot.piece = SnapshotPiece::last;
  return store.write(snapshot);
}

}  // namespace

Status take_dealing(const SnapshotStore& dealt, SnapshotStore& store) {
  std::vector<std::string> tasks;
  if (Status status = dealt.tasks(tasks); !status.ok()) return status;
  for (const std::string& task : tasks) {
    std::optional<SnapshotHead> fresh, known;
    if (Status status = dealt.head(task, fresh); !status.ok() || !fresh) return status;
    if (Status status = store.head(task, known); !status.ok()) return status;
    if (known && known->epoch >= fresh->epoch) continue;
    if (Status status = take_task(*fresh, dealt, store); !status.ok()) return status;
  }
  return Status::good();
}

}  // namespace vigia
