// camera_degraded: from image_degraded to image_restored.
#pragma once

#include "operators/camera_fold.h"

namespace vigia {

class CameraDegraded : public OperatorBase {
 public:
  static constexpr std::string_view kind = "camera_degraded";
  explicit CameraDegraded(const RuleSpec&) {}

  void on_event(const CameraFold& fold) const {
    if (fold.event.kind == CameraKind::image_degraded && fold.emitter.find_open(rule, 0) == nullptr)
      fold.emitter.open(rule, 0, fold.now_ms(), NAN, NAN, CameraNote{0, fold.event.zone_code}.packed());
    if (fold.event.kind == CameraKind::image_restored) fold.emitter.close(rule, 0, fold.now_ms());
  }
  void judge(CameraJudge& judge) const { judge.add_all(); }
};

}  // namespace vigia
