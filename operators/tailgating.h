// tailgating: the door's camera has seen more people than were granted. Grants at most `window` apart are one passage, from the
// first to `window` behind the last; the people that the camera has seen in it, both ends included, are held against its grants.
// It is told once the passage is over, for whoever waits before the camera may still be granted.
//
// The door's camera: of its site the one whose zone is the door's area, of several the nearest to the door; when there is none,
// the nearest. Doors that share a camera share its people, so the grants of all of them count.
//
// People are objects of class person: the different tracks, or the largest `count` of one event, whichever is more.
#pragma once

#include <map>
#include <set>

#include <fmt/format.h>

#include "operators/alert_words.h"
#include "operators/group_rule.h"

namespace vigia {

class Tailgating : public GroupRule {
 public:
  static constexpr std::string_view kind = "tailgating";
  Tailgating(const RuleSpec& spec, std::shared_ptr<const SiteModel> site);

  void take(const schema::AccessEvent& event, std::vector<GroupPart>& parts) const override;
  void take(const schema::CameraEvent& event, std::vector<GroupPart>& parts) const override;
  void judge(std::span<const GroupEvent> events, TimeMs clock_ms, Judgement& out) const override;
  [[nodiscard]] TimeMs reach_ms() const override { return window_ms_; }
  [[nodiscard]] TimeMs thin_ms() const override { return window_ms_; }
  void describe(const Episode& episode, std::span<const std::string> group,
                std::span<const std::string_view> device_ids, Alert& alert) const override;

 private:
  // A person's `value` is the track, and the bits above are the count.
  static constexpr std::uint32_t grant = 1, grant_beside = 2, person = 4, count_shift = 3;

  TimeMs window_ms_;
  std::map<std::string, std::vector<std::string>, std::less<>> doors_of_camera_;
  std::map<std::string, std::string, std::less<>> camera_of_door_;
};

}  // namespace vigia
