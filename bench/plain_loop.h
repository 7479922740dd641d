// What somebody would write who wants the answer of today and nothing else: verify, hash, look up with prefetch, corridor,
// stop, lock, zones, in one loop. The state lies as the engine's does (the same table, the same 128 bytes a seal), and the
// geometry is the engine's own. It has no timers, no history, no duplicates, no order, no stray fixes, no revisions: it is
// the measure of what those cost, not an alternative.
#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include <xxhash.h>

#include "engine/key_record.h"
#include "engine/key_table.h"
#include "engine/record.h"
#include "operators/corridor.h"
#include "operators/site_model.h"
#include "operators/stop_radius.h"
#include "schemas/verify.h"

namespace vigia::bench {

struct PlainFinding {
  std::uint32_t seal;
  std::uint32_t what;
  TimeMs at_ms;
};

class PlainLoop {
 public:
  explicit PlainLoop(const SiteModel& site) : site_(site), slab_(sizeof(Seal)) {}

  // REQUIRES: single events, no batches; topic 0 holds pings, topic 1 trip events.
  void process(std::span<const InputRecord> records) {
    Row rows[group];
    for (std::size_t at = 0; at < records.size(); at += group) {
      const auto batch = records.subspan(at, std::min(group, records.size() - at));
      std::size_t count = 0;
      for (const auto& record : batch) {
        if (record.topic.value != 0) {
          start_trip(record);
          continue;
        }
        const auto events = schema::verify_seal_record(record.value);
        if (!events.error().empty()) continue;
        auto& row = rows[count++];
        row.event = &events[0];
        row.key = row.event->seal_id()->string_view();
        row.hash = KeyHash{XXH3_64bits(row.key.data(), row.key.size())};
        table_.prefetch(row.hash);
      }
      for (std::size_t i = 0; i < count; ++i) {
        rows[i].index = find_or_add(rows[i].hash, rows[i].key);
        const auto* bytes = slab_.at(rows[i].index);
        __builtin_prefetch(bytes, 1);
        __builtin_prefetch(bytes + 64, 1);
      }
      for (std::size_t i = 0; i < count; ++i) apply(rows[i]);
    }
  }

  [[nodiscard]] const std::vector<PlainFinding>& findings() const { return findings_; }

 private:
  static constexpr std::size_t group = 32;
  static constexpr TimeMs limit_ms = 15 * 60'000;
  static constexpr std::uint32_t confirmations = 2;

  struct Seal {
    std::byte kept_free[48];  // where the engine keeps order, timer and history
    double lat_deg, lon_deg;
    TimeMs fix_ms, message_ms;
    std::uint32_t flags;  // 1: on a trip, 2: off the route, 4: stop told
    std::uint8_t lock, conditions, unused[2];
    double anchor_lat_deg, anchor_lon_deg;
    TimeMs since_ms;  // of the stay; * 2 + exempt
    std::uint32_t route, run_length, segment_hint, unused_hint;
  };
  static_assert(sizeof(Seal) == 128);

  struct Row {
    const schema::SealEvent* event;
    std::string_view key;
    KeyHash hash;
    std::uint32_t index;
  };

  std::uint32_t find_or_add(KeyHash hash, std::string_view key) {
    const auto found = table_.find(hash, key);
    if (found != KeyTable::none) [[likely]]
      return found;
    const auto index = slab_.add();
    auto& seal = seal_at(index);
    seal.fix_ms = no_time_ms;
    seal.since_ms = no_time_ms;
    seal.route = SiteModel::npos;
    seal.segment_hint = Corridor::no_segment;
    table_.insert(hash, key, index);
    return index;
  }
  [[nodiscard]] Seal& seal_at(std::uint32_t index) { return *reinterpret_cast<Seal*>(slab_.at(index)); }

  void start_trip(const InputRecord& record) {
    const auto events = schema::verify_trip_record(record.value);
    if (!events.error().empty()) return;
    const auto key = events[0].seal_id()->string_view();
    auto& seal = seal_at(find_or_add(KeyHash{XXH3_64bits(key.data(), key.size())}, key));
    seal.flags |= 1;
    if (const auto* route = events[0].route_id()) seal.route = site_.find_route(route->string_view());
  }

  void apply(const Row& row) {
    auto& seal = seal_at(row.index);
    if ((seal.flags & 1) == 0) return;
    const auto at_ms = row.event->device_time_ms();
    seal.message_ms = at_ms;
    const auto lock = static_cast<std::uint8_t>(row.event->lock());
    if (lock != 0 && lock != seal.lock) {
      if (lock != 1) find(row, lock, at_ms);
      seal.lock = lock;
    }
    const auto* position = row.event->position();
    if (position == nullptr) return;
    const LatLon fix{position->lat_deg(), position->lon_deg()};
    zones(row, seal, fix, at_ms);
    corridor(row, seal, fix, at_ms);
    stop(row, seal, fix, at_ms);
    seal.lat_deg = fix.lat_deg;
    seal.lon_deg = fix.lon_deg;
    seal.fix_ms = at_ms;
  }

  void zones(const Row& row, const Seal& seal, LatLon fix, TimeMs at_ms) {
    const LatLon from = seal.fix_ms == no_time_ms ? fix : LatLon{seal.lat_deg, seal.lon_deg};
    if (site_.index.none_near(from, fix)) return;
    site_.index.crossings(from, fix, crossings_);
    for (const auto& crossing : crossings_) find(row, 100 + crossing.zone * 2 + (crossing.entering ? 1 : 0), at_ms);
  }

  void corridor(const Row& row, Seal& seal, LatLon fix, TimeMs at_ms) {
    if (seal.route == SiteModel::npos) return;
    const bool outside = !site_.routes[seal.route].corridor.inside(fix, seal.segment_hint);
    if (outside == ((seal.flags & 2) != 0)) {
      seal.run_length = 0;
    } else if (++seal.run_length == confirmations) {
      seal.run_length = 0;
      seal.flags ^= 2;
      find(row, 10, at_ms);
    }
  }

  void stop(const Row& row, Seal& seal, LatLon fix, TimeMs at_ms) {
    if (seal.since_ms != no_time_ms && radius_.holds({seal.anchor_lat_deg, seal.anchor_lon_deg}, fix)) {
      if ((seal.since_ms & 1) != 0 || (seal.flags & 4) != 0 || at_ms - (seal.since_ms >> 1) <= limit_ms) return;
      seal.flags |= 4;
      find(row, 11, at_ms);
      return;
    }
    seal.flags &= ~4u;
    seal.anchor_lat_deg = fix.lat_deg;
    seal.anchor_lon_deg = fix.lon_deg;
    seal.since_ms = at_ms * 2 + (is_exempt_at(site_, fix) ? 1 : 0);
  }

  void find(const Row& row, std::uint32_t what, TimeMs at_ms) { findings_.push_back({row.index, what, at_ms}); }

  const SiteModel& site_;
  const StopRadius radius_{100};
  KeyTable table_;
  RecordSlab slab_;
  std::vector<Crossing> crossings_;
  std::vector<PlainFinding> findings_;
};

}  // namespace vigia::bench
