// Doors, cameras and badge holders of the guarded sites, by id and by the id's hash; and for triage, which does not change
// alerts, their staff and maintenance.
//
// Built once, then immutable: any number of threads may read it. Indices belong to one model.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/identity.h"
#include "operators/geo.h"
#include "operators/maintenance.h"
#include "operators/opening_hours.h"
#include "schemas/access_event_generated.h"

namespace vigia {

using schema::HolderClass;

struct Door {
  std::string id, site, area, panel;  // all but the id may be empty
  std::string hours;                  // empty: always open; see operators/opening_hours.h
  bool closed_permanently = false;
  std::optional<LatLon> place;
  std::vector<OpenSpan> spans = {};  // of the hours
};

struct Camera {
  std::string id, site, zone;
  std::optional<LatLon> place;
  TimeMs heartbeat_every_ms = 0;  // 0: it sends none
};

struct Holder {
  std::string id;
  HolderClass holder_class = HolderClass::unknown;
  std::vector<std::string> areas;
};

// Somebody who gives commands about alerts.
struct StaffMember {
  std::string id;
  bool is_deputy = false;         // else an administrator
  std::vector<std::string> site;  // patterns; empty: all
};

// As the files list them.
struct SiteEquipment {
  std::vector<Door> doors;
  std::vector<Camera> cameras;
  std::vector<Holder> holders;
  std::vector<StaffMember> staff;
  std::vector<Maintenance> maintenance;
};

// Of everything that is said of it.
[[nodiscard]] std::uint64_t content_hash(const Door& door);
[[nodiscard]] std::uint64_t content_hash(const Camera& camera);
[[nodiscard]] std::uint64_t content_hash(const Holder& holder);
[[nodiscard]] std::string canonical_text(const StaffMember& member);

// Of an id, never 0, which is nobody.
[[nodiscard]] std::uint64_t id_hash(std::string_view id);

// Positions by the hash of an id: linear probing in a table twice as large as needed.
class IdIndex {
 public:
  static constexpr std::uint32_t npos = UINT32_MAX;

  void reserve(std::size_t count);
  void add(std::uint64_t hash, std::uint32_t position);  // REQUIRES: reserved
  [[nodiscard]] std::uint32_t find(std::uint64_t hash) const {
    if (slots_.empty()) return npos;
    for (auto at = hash & mask_;; at = (at + 1) & mask_) {
      const auto& [known, position] = slots_[at];
      if (known == hash || known == 0) return position;
    }
  }

 private:
  std::vector<std::pair<std::uint64_t, std::uint32_t>> slots_;  // hash 0: free, with npos
  std::uint64_t mask_ = 0;
};

class Equipment {
 public:
  static constexpr std::uint32_t npos = IdIndex::npos;

  Equipment() = default;
  explicit Equipment(SiteEquipment lists);  // REQUIRES: hours that can be read

  [[nodiscard]] const std::vector<Door>& doors() const { return lists_.doors; }
  [[nodiscard]] const std::vector<Camera>& cameras() const { return lists_.cameras; }
  [[nodiscard]] const std::vector<Holder>& holders() const { return lists_.holders; }
  [[nodiscard]] const std::vector<StaffMember>& staff() const { return lists_.staff; }
  [[nodiscard]] const std::vector<Maintenance>& maintenance() const { return lists_.maintenance; }

  // By id_hash; npos, or null: not listed.
  [[nodiscard]] std::uint32_t find_door(std::uint64_t hash) const { return doors_.find(hash); }
  [[nodiscard]] std::uint32_t find_camera(std::uint64_t hash) const { return cameras_.find(hash); }
  [[nodiscard]] const Holder* find_holder(std::uint64_t hash) const {
    const auto at = holders_.find(hash);
    return at == npos ? nullptr : &lists_.holders[at];
  }
  // The camera with the place that is nearest; null when none has one. Of equals the smaller id.
  [[nodiscard]] const Camera* nearest_camera(LatLon place) const;
  // Of all doors, cameras and holders, in their order.
  [[nodiscard]] std::uint64_t content_hash() const { return content_hash_; }

 private:
  SiteEquipment lists_;
  IdIndex doors_, cameras_, holders_;
  std::uint64_t content_hash_ = 0;
};

}  // namespace vigia
