// A rule about several devices that Sigma's format can't say: one holder's badges at many doors, a door and its camera, a logon
// and a badge. It has two halves.
//
//   take(event, parts)   in a first stage: which groups the event belongs to, and what of it counts. Looks at nothing but the
//                        event and the site. Each part leaves as one signal, once the event is accepted.
//   judge(events, ...)   in the second stage: what the events of one group amount to as of the clock. A pure function of the
//                        set, asked again from all of it whenever it changes; so late events need no further care.
//
// A new rule is its file, its test, one line in the table (operators/group_rules.cc) and one in that of kinds
// (operators/catalog_table.cc).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "engine/stage.h"
#include "engine/task.h"
#include "operators/rule.h"
#include "operators/site_model.h"
#include "schemas/access_event_generated.h"
#include "schemas/camera_event_generated.h"

namespace vigia {

// An event as one group has it. The order is that of semantics 1.1.
struct GroupEvent {
  TimeMs at_ms = 0;
  std::uint32_t marks = 0;     // what it is, in the rule's own bits; never 0
  std::uint64_t value = 0;     // the rule's own
  std::uint32_t sequence = 0;  // 0: its device has no counter
  std::string_view device_id;  // of a security event its record's key
  std::string_view content;    // of an event without a number: what tells apart those of one device and time, in order
  EvidenceRef evidence;

  friend bool operator<(const GroupEvent& a, const GroupEvent& b) {
    return std::tie(a.at_ms, a.sequence, a.device_id, a.content) <
           std::tie(b.at_ms, b.sequence, b.device_id, b.content);
  }
};

struct GroupPart {
  std::string_view rule_id;        // lives as long as the rule
  std::vector<std::string> group;  // its values
  std::uint32_t marks = 0;
  std::uint64_t value = 0;
};

// A successful logon (operators/logon_reader.h).
struct Logon {
  std::string_view user;
};

class GroupRule {
 public:
  GroupRule(const RuleSpec& spec, std::shared_ptr<const SiteModel> site);
  virtual ~GroupRule();

  [[nodiscard]] const RuleSpec& spec() const { return spec_; }
  [[nodiscard]] const std::string& hash() const { return hash_; }
  // Whether what the other one has taken is of use to this one.
  [[nodiscard]] bool is_like(const GroupRule& other) const;

  virtual void take(const schema::AccessEvent&, std::vector<GroupPart>&) const {}
  virtual void take(const schema::CameraEvent&, std::vector<GroupPart>&) const {}
  virtual void take(const Logon&, std::vector<GroupPart>&) const {}

  // Adds to `out`. `events` in order. Episodes hold what describe() needs in `context` and `value`; a
  // device there by device_note().
  virtual void judge(std::span<const GroupEvent> events, TimeMs clock_ms, Judgement& out) const = 0;

  // An event says nothing about others that are further away than this, but for the last ones with lasting_marks().
  [[nodiscard]] virtual TimeMs reach_ms() const = 0;
  // Of the events with these marks the last is kept however old it is: where a holder was before.
  [[nodiscard]] virtual std::uint32_t lasting_marks() const { return 0; }
  // Of three events with the same marks and value, the outer ones at most this far apart, the one between says nothing.
  [[nodiscard]] virtual TimeMs thin_ms() const { return 0; }

  // Fills in subject, place, message and attributes. `device_ids`: of the group's events.
  virtual void describe(const Episode& episode, std::span<const std::string> group,
                        std::span<const std::string_view> device_ids, Alert& alert) const = 0;

 protected:
  [[nodiscard]] const SiteModel& site() const { return *site_; }
  // Null: the site does not list it.
  [[nodiscard]] const Door* find_door(std::string_view door_id) const;
  // What the rule's `only` says of a door.
  [[nodiscard]] bool concerns(std::string_view door_id) const;
  void add_part(std::vector<GroupPart>& parts, std::vector<std::string> group, std::uint32_t marks,
                std::uint64_t value = 0) const;
  // An instant at the event; its evidence is that of the one before it, if there is one, and its own.
  [[nodiscard]] static Episode instant(const GroupEvent& event, const GroupEvent* before);
  // The subject is the holder, who is at the door; place, site and area are the door's.
  void describe_holder(std::string_view holder_id, std::string_view door_id, Alert& alert) const;
  void describe_place(std::string_view door_id, Alert& alert) const;

 private:
  RuleSpec spec_;
  std::string hash_;
  std::shared_ptr<const SiteModel> site_;
};

// Two devices in an episode's context, and back: the name among those known, empty when it is not.
[[nodiscard]] std::uint64_t device_note(std::string_view device_id, std::string_view other_id = {});
[[nodiscard]] std::string_view device_of(std::uint64_t note, std::span<const std::string_view> device_ids);
[[nodiscard]] std::string_view other_device_of(std::uint64_t note, std::span<const std::string_view> device_ids);

}  // namespace vigia
