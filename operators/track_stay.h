// The stays of objects in zones. A stay goes on while its object is seen there at most `track_timeout` after the last time; a
// sighting in another zone ends it. Objects without a track are one track for each class.
//
//   loitering           a stay that is longer than `limit`
//   restricted_object   every stay
//
// From the first to the last sighting, once `track_timeout` has passed.
#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "operators/camera_fold.h"
#include "operators/zone_choice.h"

namespace vigia {

class TrackStay : public OperatorBase {
 public:
  // Of one camera at one time; a further one ends the stay of the object that was seen longest ago.
  static constexpr std::size_t stays_max = 32;
  struct Stay {
    std::uint64_t note = 0;  // CameraNote; 0 only where no stay is
    TimeMs since = 0;        // first sighting * 2 + told
    TimeMs last_ms = 0;

    [[nodiscard]] CameraNote what() const { return CameraNote::unpack(note); }
    [[nodiscard]] TimeMs first_ms() const { return since >> 1; }
    [[nodiscard]] bool is_told() const { return (since & 1) != 0; }
  };
  // Sorted by note; those that are none at the end.
  struct State {
    std::array<Stay, stays_max> stays;
    std::uint64_t count = 0;
  };

  // limit_ms -1: every stay counts.
  TrackStay(const RuleSpec& spec, TimeMs limit_ms)
      : timeout_ms_(spec.duration_ms("track_timeout")), limit_ms_(limit_ms), zones_(spec.only.zone) {
    for (const auto& name : spec.strings("classes")) classes_.push_back(name_hash(name));
  }

  void on_event(State& state, const CameraFold& fold) const {
    if (fold.event.kind != CameraKind::object || !is_wanted(class_of(fold))) return;
    end_where(state, fold, [&](const Stay& stay) { return stay.last_ms + timeout_ms_ < fold.now_ms(); });
    const auto track = fold.event.track != 0 ? fold.event.track : std::uint64_t{class_of(fold)};
    const CameraNote note{track, fold.event.zone_code};
    end_where(state, fold,
              [&](const Stay& stay) { return stay.what().track == track && !is_same_zone(stay.what(), fold); });
    if (!ZoneChoice::matches_site(zones_, zone_of(fold))) return;
    auto& stay = find_or_add(state, fold, note);
    stay.last_ms = fold.now_ms();
    if (!stay.is_told()) {
      if (stay.last_ms - stay.first_ms() <= limit_ms_) return;
      stay.since |= 1;
      fold.emitter.open(rule, stay.what().discriminator(), stay.first_ms(), NAN, NAN, stay.note);
    }
    // Each time: the clock may have ended it already, before this sighting came.
    fold.emitter.deadline(stay.last_ms + timeout_ms_);
  }
  [[nodiscard]] TimeMs due(const State& state, const CameraState&) const {
    TimeMs due_ms = never_ms;
    for (std::size_t i = 0; i < state.count; ++i)
      if (state.stays[i].is_told()) due_ms = std::min(due_ms, state.stays[i].last_ms + timeout_ms_);
    return due_ms;
  }
  void judge(const State& state, CameraJudge& judge) const {
    judge.for_each_candidate([&](const Candidate& candidate) {
      auto& episode = judge.add(candidate);
      if (!candidate.is_open()) return;
      const auto* end = state.stays.data() + state.count;
      const auto* stay =
          std::find_if(state.stays.data(), end, [&](const Stay& s) { return s.note == candidate.context; });
      if (stay == end) return;
      const auto due_ms = stay->last_ms + timeout_ms_;
      judge.ask_again(due_ms);
      if (judge.key.clock_ms <= due_ms) return;
      episode.status = schema::AlertStatus::cleared;
      episode.end_ms = stay->last_ms;
      episode.detected_ms = due_ms;
    });
  }

 private:
  [[nodiscard]] bool is_wanted(std::uint32_t object_class) const {
    return object_class != 0 && std::ranges::find(classes_, object_class) != classes_.end();
  }
  // An event that names the camera's own zone is in the same as one that names none.
  [[nodiscard]] static bool is_same_zone(CameraNote stay, const CameraFold& fold) {
    if (stay.zone_code == fold.event.zone_code) return true;
    const auto own = fold.place == Equipment::npos ? std::string_view()
                                                   : std::string_view(fold.site.equipment.cameras()[fold.place].zone);
    const auto zone = stay.zone_code == 0 ? own : fold.context->zones.name_at(stay.zone_code);
    return zone == zone_of(fold);
  }
  template <class Which>
  void end_where(State& state, const CameraFold& fold, Which&& which) const {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < state.count; ++i) {
      const Stay stay = state.stays[i];
      if (!which(stay)) {
        state.stays[kept++] = stay;
      } else if (stay.is_told()) {
        fold.emitter.close(rule, stay.what().discriminator(), stay.last_ms);
      }
    }
    std::fill(state.stays.begin() + static_cast<std::ptrdiff_t>(kept),
              state.stays.begin() + static_cast<std::ptrdiff_t>(state.count), Stay{});
    state.count = kept;
  }
  [[nodiscard]] Stay& find_or_add(State& state, const CameraFold& fold, CameraNote note) const {
    for (std::size_t i = 0; i < state.count; ++i)
      if (state.stays[i].what().track == note.track) return state.stays[i];
    if (state.count == stays_max) {
      const auto oldest =
          std::ranges::min_element(state.stays, {}, [](const Stay& s) { return std::pair(s.last_ms, s.note); });
      end_where(state, fold, [gone = oldest->note](const Stay& stay) { return stay.note == gone; });
    }
    const auto end = state.stays.begin() + static_cast<std::ptrdiff_t>(state.count);
    const auto at = std::lower_bound(state.stays.begin(), end, note.packed(),
                                     [](const Stay& stay, std::uint64_t packed) { return stay.note < packed; });
    std::move_backward(at, end, end + 1);
    *at = {note.packed(), fold.now_ms() * 2, fold.now_ms()};
    ++state.count;
    return *at;
  }

  TimeMs timeout_ms_;
  TimeMs limit_ms_;
  std::vector<std::string> zones_;
  std::vector<std::uint32_t> classes_;
};

struct Loitering : TrackStay {
  static constexpr std::string_view kind = "loitering";
  explicit Loitering(const RuleSpec& spec) : TrackStay(spec, spec.duration_ms("limit")) {}
};
struct RestrictedObject : TrackStay {
  static constexpr std::string_view kind = "restricted_object";
  explicit RestrictedObject(const RuleSpec& spec) : TrackStay(spec, -1) {}
};

}  // namespace vigia
