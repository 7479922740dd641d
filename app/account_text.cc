#include "app/account_text.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string_view>
#include <tuple>
#include <vector>

#include <fmt/format.h>

#include "schemas/json_object.h"

namespace vigia {
namespace {

constexpr std::size_t words_ids_max = 10;

std::string unlisted_json(const UnlistedIds& unlisted) {
  std::string out = "{";
  for (const auto& [kind, ids] : unlisted.by_kind()) {
    fmt::format_to(std::back_inserter(out), R"({}"{}":{{)", out.size() > 1 ? "," : "", kind);
    for (const auto& [id, events] : ids) {
      if (out.back() != '{') out += ',';
      json::append_json_string(id, out);
      fmt::format_to(std::back_inserter(out), ":{}", events);
    }
    out += '}';
  }
  return out + '}';
}

}  // namespace

std::string account_json(const Account& account) {
  return fmt::format(R"({{"decoded":{},"unreadable":{},"applied":{},"duplicate":{},"too_late":{},"dead_letter":{},)"
                     R"("unknown_enum_values":{},"unknown_fields":{}}})",
                     account.decoded, account.unreadable, account.applied, account.duplicate, account.too_late,
                     account.dead_letter, account.unknown_enum_values, account.unknown_fields);
}

std::string summary_json(const Account& account, std::uint64_t alert_revisions, const UnlistedIds& unlisted) {
  auto out = fmt::format(R"({{"account":{},"alert_revisions":{},"unlisted":{})", account_json(account), alert_revisions,
                         unlisted_json(unlisted));
  if (unlisted.others() > 0) fmt::format_to(std::back_inserter(out), R"(,"unlisted_others":{})", unlisted.others());
  return out + "}";
}

std::string account_words(const Account& account) {
  return fmt::format("{} events: {} applied, {} duplicate, {} too late, {} dead letter",
                     account.decoded + account.unreadable, account.applied, account.duplicate, account.too_late,
                     account.dead_letter);
}

std::string unlisted_words(const UnlistedIds& unlisted) {
  std::vector<std::tuple<std::uint64_t, std::string_view, std::string_view>> most;
  for (const auto& [kind, ids] : unlisted.by_kind())
    for (const auto& [id, events] : ids) most.emplace_back(events, kind, id);
  std::ranges::stable_sort(most, [](const auto& a, const auto& b) { return std::get<0>(a) > std::get<0>(b); });
  std::string out;
  for (std::size_t i = 0; i < std::min(most.size(), words_ids_max); ++i) {
    const auto& [events, kind, id] = most[i];
    fmt::format_to(std::back_inserter(out), "{}{} {} ({} event{})", out.empty() ? "" : ", ", kind, id, events,
                   events == 1 ? "" : "s");
  }
  if (most.size() > words_ids_max) fmt::format_to(std::back_inserter(out), " and {} more", most.size() - words_ids_max);
  return out;
}

}  // namespace vigia
