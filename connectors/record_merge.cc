#include "connectors/record_merge.h"

#include <algorithm>
#include <cstddef>
#include <tuple>

namespace vigia {

namespace {

// The records of one topic's partition, in offset order.
struct Lane {
  std::vector<InputRecord> records;
  std::size_t next = 0;
};

auto rank(const InputRecord& record) { return std::tuple(record.broker_ms, record.topic, record.offset); }

}  // namespace

void merge_records(std::vector<InputRecord>& records) {
  std::vector<Lane> lanes;
  for (const InputRecord& record : records) {
    auto lane = std::find_if(lanes.begin(), lanes.end(), [&](const Lane& l) {
      return l.records.front().topic == record.topic && l.records.front().partition == record.partition;
    });
    if (lane == lanes.end()) lane = lanes.insert(lanes.end(), Lane{});
    lane->records.push_back(record);
  }
  if (lanes.size() < 2) return;
  for (InputRecord& slot : records) {
    Lane* first = nullptr;
    for (Lane& lane : lanes) {  // a handful
      if (lane.next == lane.records.size()) continue;
      if (first == nullptr || rank(lane.records[lane.next]) < rank(first->records[first->next])) first = &lane;
    }
    slot = first->records[first->next++];
  }
}

void merge_by_partition(std::vector<InputRecord>& records) {
  std::stable_sort(records.begin(), records.end(),
                   [](const InputRecord& a, const InputRecord& b) { return a.partition < b.partition; });
  std::vector<InputRecord> group;
  for (auto begin = records.begin(); begin != records.end();) {
    const auto end =
        std::find_if(begin, records.end(), [&](const InputRecord& r) { return r.partition != begin->partition; });
    group.assign(begin, end);
    merge_records(group);
    begin = std::copy(group.begin(), group.end(), begin);
  }
}

}  // namespace vigia
