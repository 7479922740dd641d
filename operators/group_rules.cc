#include "operators/group_rules.h"

#include <algorithm>

#include "operators/anti_passback.h"
#include "operators/denials_of_holder.h"
#include "operators/impossible_travel.h"
#include "operators/logon_badged_out.h"
#include "operators/repeated_denials.h"
#include "operators/tailgating.h"

namespace vigia {
namespace {

using Site = std::shared_ptr<const SiteModel>;

template <class Rule>
std::shared_ptr<const GroupRule> make(const RuleSpec& rule, const Site& site) {
  return std::make_shared<const Rule>(rule, site);
}
bool always(const RuleSpec&) { return true; }
bool by_holder(const RuleSpec& rule) { return rule.string("by") == "holder"; }

struct Line {
  std::string_view kind;
  std::shared_ptr<const GroupRule> (*make)(const RuleSpec& rule, const Site& site);
  bool (*is_one)(const RuleSpec& rule) = always;
};

constexpr Line table[] = {
    {AntiPassback::kind, make<AntiPassback>},         {RepeatedDenials::kind, make<DenialsOfHolder>, by_holder},
    {ImpossibleTravel::kind, make<ImpossibleTravel>}, {Tailgating::kind, make<Tailgating>},
    {LogonBadgedOut::kind, make<LogonBadgedOut>},
};

const Line* line_of(const RuleSpec& rule) {
  const auto* found =
      std::ranges::find_if(table, [&](const Line& line) { return line.kind == rule.kind && line.is_one(rule); });
  return found == std::end(table) ? nullptr : found;
}

}  // namespace

GroupRules make_group_rules(const std::vector<RuleSpec>& rules, const Site& site) {
  GroupRules out;
  for (const auto& rule : rules)
    if (const auto* line = line_of(rule)) out.push_back(line->make(rule, site));
  return out;
}

bool is_group_rule(const RuleSpec& rule) { return line_of(rule) != nullptr; }

}  // namespace vigia
