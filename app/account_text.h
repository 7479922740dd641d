// The account for people and for scripts.
#pragma once

#include <cstdint>
#include <string>

#include "engine/record.h"
#include "engine/unlisted_ids.h"

namespace vigia {

// {"decoded":12,"unreadable":0,"applied":10,"duplicate":1,"too_late":0,"dead_letter":1,...}
[[nodiscard]] std::string account_json(const Account& account);

// What `run` and `replay` say at their end: {"account":{...},"alert_revisions":3,"unlisted":{"door":{"gate-9":12}}}, with
// "unlisted_others" for events beyond the bound of UnlistedIds.
[[nodiscard]] std::string summary_json(const Account& account, std::uint64_t alert_revisions,
                                       const UnlistedIds& unlisted);

// "12 events: 10 applied, 1 duplicate, 0 too late, 1 dead letter"
[[nodiscard]] std::string account_words(const Account& account);

// "door gate-9 (12 events), holder h-7 (1 event) and 40 more": those of the most events first. Empty: none.
[[nodiscard]] std::string unlisted_words(const UnlistedIds& unlisted);

}  // namespace vigia
