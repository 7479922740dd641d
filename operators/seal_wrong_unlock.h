// seal_wrong_unlock: the lock changed to wrong_unlock. An instant; nothing authorises it.
#pragma once

#include "operators/lock_alarm.h"

namespace vigia {

struct SealWrongUnlock : LockAlarm<schema::Lock::wrong_unlock> {
  static constexpr std::string_view kind = "seal_wrong_unlock";
  using LockAlarm::LockAlarm;
};

}  // namespace vigia
