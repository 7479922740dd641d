#include "connectors/key_placement.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "connectors/partitioner.h"

namespace vigia {
namespace {

constexpr Partitioner known[] = {Partitioner::murmur2, Partitioner::crc32, Partitioner::fnv1a};

// Of different keys: before one partitioner is believed, and before it is said that none fits.
constexpr std::size_t keys_to_believe = 16;
constexpr std::size_t keys_to_complain = 64;

// Null: it says nothing about a key.
auto function_of(Partitioner partitioner) -> std::int32_t (*)(std::string_view, std::int32_t) {
  switch (partitioner) {
    case Partitioner::murmur2: return murmur2_partition;
    case Partitioner::crc32: return crc32_partition;
    case Partitioner::fnv1a: return fnv1a_partition;
    default: return nullptr;
  }
}

bool is_known(Partitioner partitioner) { return function_of(partitioner) != nullptr; }

}  // namespace

PartitionId partition_of(Partitioner partitioner, std::string_view key, std::int32_t partitions) {
  return PartitionId{function_of(partitioner)(key, partitions)};
}

std::string TopicPlacement::problem(std::string_view key, PartitionId partition) const {
  if (fits(key, partition)) return {};
  return fmt::format(
      "'{}' belongs to partition {} by {}, found in partition {}: expected records keyed by the seal's id "
      "and written with one partitioner",
      key, partition_of_.load()(key, partitions_), name_of(told()), partition.value);
}

void TopicPlacement::tell(Partitioner partitioner, std::int32_t partitions) {
  if (partitions_ != partitions) partitions_ = partitions;
  const auto told = partitions > 1 ? partitioner : Partitioner::unchecked;
  told_.store(told, std::memory_order_release);
  partition_of_.store(function_of(told), std::memory_order_release);
}

PartitionerFinder::Answer PartitionerFinder::observe(std::string_view key, PartitionId partition,
                                                     std::int32_t partitions) {
  if (found_ != Partitioner::automatic) return Answer::found;
  if (!keys_.emplace(key).second) return Answer::not_yet;
  std::size_t good = 0, bad = 0;
  Partitioner best = Partitioner::automatic;
  for (std::size_t i = 0; i < candidates; ++i) {
    misses_[i] += function_of(known[i])(key, partitions) != partition.value;
    if (misses_[i] * 8 <= keys_.size()) {
      ++good;
      best = known[i];
    } else if (misses_[i] * 4 >= keys_.size()) {
      ++bad;
    }
  }
  if (keys_.size() >= keys_to_complain && good == 0) return Answer::none;
  if (keys_.size() < keys_to_believe || good != 1 || bad != candidates - 1) return Answer::not_yet;
  found_ = best;
  keys_.clear();
  return Answer::found;
}

KeyPlacements::KeyPlacements(std::vector<SourceSpec> sources) {
  for (SourceSpec& source : sources) {
    Topic& topic = topics_.emplace_back();
    topic.source = std::move(source);
  }
}

Status KeyPlacements::open(std::string file, std::int32_t partitions) {
  file_ = std::move(file);
  partitions_ = partitions;
  for (Topic& topic : topics_) topic.placement->tell(topic.source.partitioner, partitions);
  read_file();
  count_untold();
  return check_siblings();
}

Status KeyPlacements::observe(std::span<const InputRecord> records) {
  if (unwritten_) unwritten_ = !write_file();
  if (untold_ == 0) return Status::good();
  for (const InputRecord& record : records) {
    Topic& topic = topics_[record.topic.value];
    if (record.key.empty() || topic.placement->told() != Partitioner::automatic) continue;
    if (Status status = observe(topic, record); !status.ok()) return status;
    if (untold_ == 0) break;
  }
  return Status::good();
}

Status KeyPlacements::observe(Topic& topic, const InputRecord& record) {
  switch (topic.finder.observe(record.key, record.partition, partitions_)) {
    case PartitionerFinder::Answer::not_yet: return Status::good();
    case PartitionerFinder::Answer::none:
      return Status::of(
          Fault::refused,
          fmt::format(
              "topic '{}': neither murmur2 nor crc32 nor fnv1a puts its keys into the partitions where they are, so "
              "the events of a seal may be spread over several; key its records by the seal's id, or set "
              "partitioner: unchecked for this source when each seal stays in one partition",
              topic.source.topic));
    case PartitionerFinder::Answer::found: break;
  }
  topic.placement->tell(topic.finder.found(), partitions_);
  count_untold();
  unwritten_ = !write_file();
  return check_siblings();
}

void KeyPlacements::count_untold() {
  untold_ = static_cast<std::size_t>(std::count_if(topics_.begin(), topics_.end(), [](const Topic& topic) {
    return topic.placement->told() == Partitioner::automatic;
  }));
}

Status KeyPlacements::check_siblings() const {
  const Topic* first = nullptr;
  for (const Topic& topic : topics_) {
    if (!is_known(topic.placement->told())) continue;
    if (first == nullptr) first = &topic;
    if (topic.placement->told() == first->placement->told()) continue;
    return Status::of(
        Fault::refused,
        fmt::format(
            "topics of one stage need the same partitioner, and '{}' is written with {}, '{}' with {}: the events "
            "of one seal do not meet; let the producers of both use one (in librdkafka: partitioner=murmur2_random, "
            "as Java's), and write one of the topics anew",
            first->source.topic, name_of(first->placement->told()), topic.source.topic,
            name_of(topic.placement->told())));
  }
  return Status::good();
}

// Topics that tell nothing yet are written as their siblings are: else the stage would stop at their first records.
Partitioner KeyPlacements::partitioner() const {
  Partitioner found = Partitioner::automatic;
  for (const Topic& topic : topics_) {
    const Partitioner told = topic.placement->told();
    if (told == Partitioner::unchecked) return told;
    if (told != Partitioner::automatic) found = told;
  }
  return found;
}

std::shared_ptr<const KeyPlacement> KeyPlacements::of(std::size_t topic) const {
  return topics_[topic].source.partitioner == Partitioner::unchecked ? nullptr : topics_[topic].placement;
}

// Lines "PARTITIONER TOPIC". What is configured wins.
void KeyPlacements::read_file() {
  std::ifstream in(file_);
  for (std::string name, topic_name; in >> name >> topic_name;) {
    for (Topic& topic : topics_) {
      if (topic.source.topic != topic_name || topic.placement->told() != Partitioner::automatic) continue;
      for (const Partitioner partitioner : known) {
        if (name == name_of(partitioner)) topic.placement->tell(partitioner, partitions_);
      }
    }
  }
}

bool KeyPlacements::write_file() const {
  const std::string fresh = file_ + ".new";
  std::ofstream out(fresh, std::ios::trunc);
  for (const Topic& topic : topics_) {
    if (is_known(topic.placement->told())) out << name_of(topic.placement->told()) << ' ' << topic.source.topic << '\n';
  }
  out.close();
  std::error_code error;
  if (out) std::filesystem::rename(fresh, file_, error);
  return out && !error;
}

}  // namespace vigia
