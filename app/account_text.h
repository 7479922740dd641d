// The account for people and for scripts.
#pragma once

#include <string>

#include "engine/record.h"

namespace vigia {

// {"decoded":12,"unreadable":0,"applied":10,"duplicate":1,"too_late":0,"dead_letter":1,...}
[[nodiscard]] std::string account_json(const Account& account);

// "12 events: 10 applied, 1 duplicate, 0 too late, 1 dead letter"
[[nodiscard]] std::string account_words(const Account& account);

}  // namespace vigia
