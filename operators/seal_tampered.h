// seal_tampered: the lock changed to tampered. An instant; nothing authorises it.
#pragma once

#include "operators/lock_alarm.h"

namespace vigia {

struct SealTampered : LockAlarm<schema::Lock::tampered> {
  static constexpr std::string_view kind = "seal_tampered";
  using LockAlarm::LockAlarm;
};

}  // namespace vigia
