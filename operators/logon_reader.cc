#include "operators/logon_reader.h"

#include <algorithm>

#include "operators/sigma_json.h"

namespace vigia {
namespace {

// Of event.action: ECS and Sysmon-like agents, Winlogbeat, Auditbeat, Okta.
constexpr std::string_view logons[] = {"logon",      "logged-in",  "login",         "user_login",
                                       "user-login", "user_logon", "logon_success", "user.session.start"};

}  // namespace

LogonReader::LogonReader()
    : category_(fields_.add("event.category")),
      type_(fields_.add("event.type")),
      outcome_(fields_.add("event.outcome")),
      action_(fields_.add("event.action")),
      user_(fields_.add("user.name")) {}

std::optional<Logon> LogonReader::read(simdjson::dom::object object) {
  read_sigma_json(object, fields_, false, event_);
  const bool is_named = std::ranges::any_of(logons, [&](std::string_view name) { return has(action_, name); });
  const bool is_authentication = has(category_, "authentication") && !has(type_, "end");
  if (!is_named && !is_authentication) return std::nullopt;
  if (has(outcome_, "failure") || has(outcome_, "unknown")) return std::nullopt;
  const int user = event_.first(user_);
  if (user < 0 || event_.value(user).text.empty()) return std::nullopt;
  return Logon{event_.value(user).text};
}

bool LogonReader::has(int field, std::string_view text) const {
  for (int i = event_.first(field); i >= 0; i = event_.next(i))
    if (event_.value(i).type == SigmaType::text && event_.value(i).folded == text) return true;
  return false;
}

}  // namespace vigia
