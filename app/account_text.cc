#include "app/account_text.h"

#include <fmt/format.h>

namespace vigia {

std::string account_json(const Account& account) {
  return fmt::format(R"({{"decoded":{},"unreadable":{},"applied":{},"duplicate":{},"too_late":{},"dead_letter":{},)"
                     R"("unknown_enum_values":{},"unknown_fields":{}}})",
                     account.decoded, account.unreadable, account.applied, account.duplicate, account.too_late,
                     account.dead_letter, account.unknown_enum_values, account.unknown_fields);
}

std::string account_words(const Account& account) {
  return fmt::format("{} events: {} applied, {} duplicate, {} too late, {} dead letter",
                     account.decoded + account.unreadable, account.applied, account.duplicate, account.too_late,
                     account.dead_letter);
}

}  // namespace vigia
