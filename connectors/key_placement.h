// Whether the records of a stage's topics lie in the partitions where their keys belong. Topics of one stage must be
// written by one partitioner, so that what belongs to one key meets in one task. Which one it was is configured, or told
// from the first records: the one that fits the keys of nearly all of them while the others don't.
//
// What was told is kept in a file of the state directory: a record that was refused is refused again after a restart.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "connectors/pipeline_config.h"
#include "connectors/status.h"
#include "engine/record.h"
#include "operators/seal_stage.h"

namespace vigia {

// One topic. problem() may be called from any thread while tell() is called from one.
class TopicPlacement : public KeyPlacement {
 public:
  [[nodiscard]] std::string problem(std::string_view key, PartitionId partition) const override;

  // automatic: not known yet; unchecked: every record is good.
  void tell(Partitioner partitioner, std::int32_t partitions);
  [[nodiscard]] Partitioner told() const { return told_.load(std::memory_order_acquire); }

 private:
  std::atomic<Partitioner> told_{Partitioner::automatic};
};

// Where a key belongs. REQUIRES: the partitioner is neither automatic nor unchecked.
[[nodiscard]] PartitionId partition_of(Partitioner partitioner, std::string_view key, std::int32_t partitions);

// Finds the partitioner of one topic.
class PartitionerFinder {
 public:
  enum class Answer : std::uint8_t { not_yet, found, none };

  // `partitions` is more than one.
  [[nodiscard]] Answer observe(std::string_view key, PartitionId partition, std::int32_t partitions);
  [[nodiscard]] Partitioner found() const { return found_; }

 private:
  static constexpr std::size_t candidates = 3;
  std::unordered_set<std::string> keys_;
  std::size_t misses_[candidates] = {};
  Partitioner found_ = Partitioner::automatic;
};

// All topics of a stage.
class KeyPlacements {
 public:
  // `sources` by TopicIndex: those that the stage reads.
  explicit KeyPlacements(std::vector<SourceSpec> sources);

  // `file` keeps what was told; it need not exist. Fault::refused when the topics have different partitioners.
  [[nodiscard]] Status open(std::string file, std::int32_t partitions);

  // Learns from records, before they are applied. Fault::refused when a topic fits no partitioner, or another one than
  // its sibling; the text says what to do.
  [[nodiscard]] Status observe(std::span<const InputRecord> records);

  // That of the stage's topics; automatic: of none it has been told yet; unchecked: of one it is not to be known.
  // REQUIRES: opened with more than one partition.
  [[nodiscard]] Partitioner partitioner() const;

  // Null: the topic is not to be checked.
  [[nodiscard]] std::shared_ptr<const KeyPlacement> of(std::size_t topic) const;

 private:
  struct Topic {
    SourceSpec source;
    std::shared_ptr<TopicPlacement> placement = std::make_shared<TopicPlacement>();
    PartitionerFinder finder;
  };

  [[nodiscard]] Status observe(Topic& topic, const InputRecord& record);
  [[nodiscard]] Status check_siblings() const;
  void read_file();
  [[nodiscard]] bool write_file() const;
  void count_untold();

  std::vector<Topic> topics_;
  std::string file_;
  std::int32_t partitions_ = 1;
  std::size_t untold_ = 0;
  bool unwritten_ = false;  // the disk refused; tried again
};

}  // namespace vigia
