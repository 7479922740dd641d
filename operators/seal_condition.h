// seal_condition: a message reports one of `conditions`; from the message where it appears to the first without it.
#pragma once

#include "operators/fold.h"
#include "schemas/enum_names.h"

namespace vigia {

class SealCondition : public OperatorBase {
 public:
  static constexpr std::string_view kind = "seal_condition";

  explicit SealCondition(const RuleSpec& spec) {
    for (const auto& name : spec.strings("conditions"))
      if (const auto condition = schema::parse_enum<schema::Condition>(name)) watched_ |= condition_bit(*condition);
  }

  void on_conditions(Fold& fold, std::uint8_t appeared, std::uint8_t gone) const {
    for (std::uint32_t i = 0; i < 8; ++i) {
      const auto bit = static_cast<std::uint8_t>(1u << i);
      if ((watched_ & appeared & bit) != 0)
        fold.emitter.open(rule, i, fold.now_ms(), fold.view.lat_deg, fold.view.lon_deg, fold.view.trip);
      if ((watched_ & gone & bit) != 0) fold.emitter.close(rule, i, fold.now_ms());
    }
  }
  void on_trip_end(Fold& fold, TimeMs at_ms) const { fold.emitter.close_all(rule, at_ms); }
  void judge(SealJudge& judge) const { judge.add_all(); }

 private:
  std::uint8_t watched_ = 0;
};

}  // namespace vigia
