#include "operators/sigma_plan.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <map>
#include <set>

namespace vigia {
namespace {

using Complain = std::function<void(const SigmaHead& rule, std::string found, std::string expected)>;

SigmaPlan::Stream stream_of(const SigmaLogSource& logsource) {
  if (logsource.product != "vigia") return SigmaPlan::security;
  constexpr std::string_view services[] = {"seal", "trip", "access", "camera", "alert", "command"};
  const auto found = std::ranges::find(services, logsource.service);
  return static_cast<SigmaPlan::Stream>(found - std::begin(services));
}

// What a stream calls the site of its events (operators/site_fields.h); empty: it does not know.
std::string_view site_field(SigmaPlan::Stream stream) {
  switch (stream) {
    case SigmaPlan::access: return "door.site";
    case SigmaPlan::camera: return "camera.site";
    case SigmaPlan::alert: return "site_id";
    default: return {};
  }
}

class Planner {
 public:
  Planner(const SigmaRules& rules, const Complain& complain, SigmaPlan& out)
      : rules_(rules), complain_(complain), out_(out) {}

  void plan() {
    for (const auto& rule : rules_.correlations) plan_correlation(rule);
    for (const auto& rule : rules_.detections) plan_detection(rule);
    plan_incidents_of_alerts();
    plan_sites();
    auto& security = out_.streams[SigmaPlan::security];
    security.id = security.matcher.add_field("event.id");
    security.time = security.matcher.add_field("@timestamp");
    for (auto& stream : out_.streams) stream.matcher.prepare();
    std::string all;
    for (const auto& rule : rules_.detections) all += rule.head.hash;
    for (const auto& rule : rules_.correlations) all += rule.head.hash;
    out_.hash = XXH3_64bits(all.data(), all.size());
  }

 private:
  // The bits of the correlation's rules that the rule is.
  static std::uint32_t bits_of(const SigmaCorrelation& correlation, const SigmaHead& rule) {
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < std::min(correlation.rules.size(), CorrelationSpec::rules_max); ++i)
      if (rule.is_called(correlation.rules[i])) bits |= 1u << i;
    return bits;
  }

  void plan_correlation(const SigmaCorrelation& rule) {
    SigmaCorrelationPlan plan;
    plan.head = rule.head;
    plan.group_values = rule.group_by.size();
    plan.spec = {rule.type, rule.rules.size(), rule.timespan_ms, rule.at_least, rule.before};
    if (rule.rules.size() > CorrelationSpec::rules_max)
      complain_(rule.head, fmt::format("{} rules", rule.rules.size()),
                fmt::format("at most {}", CorrelationSpec::rules_max));
    const auto number = static_cast<std::uint16_t>(out_.correlations.size());
    for (std::size_t lower = 0; lower < out_.correlations.size(); ++lower) {
      const auto bits = bits_of(rule, rules_.correlations[lower].head);
      if (bits != 0) chain(rule, number, bits, lower);
    }
    out_.correlations.push_back(std::move(plan));
  }

  void chain(const SigmaCorrelation& upper, std::uint16_t number, std::uint32_t bits, std::size_t lower) {
    const auto& below = rules_.correlations[lower];
    SigmaChain chain{number, bits, {}};
    for (const auto& name : upper.group_by) {
      const auto field = upper.name_in(name, below.head);
      const auto found = std::ranges::find(below.group_by, field);
      if (found == below.group_by.end())
        complain_(upper.head, fmt::format("group-by {}, which incidents of {} don't have", field, below.head.rule_id),
                  "one of its group-by fields, by an alias where the name differs");
      else
        chain.group.push_back(static_cast<std::size_t>(found - below.group_by.begin()));
    }
    if (upper.type == CorrelationType::value_count)
      complain_(upper.head, fmt::format("value_count of incidents of {}", below.head.rule_id),
                "rules that are detections");
    out_.correlations[lower].chains.push_back(std::move(chain));
  }

  // Some of an alert differs between two runs over the same events; a rule may not see it.
  void refuse_hidden(const SigmaHead& rule) {
    const auto& fields = out_.streams[SigmaPlan::alert].matcher.fields();
    for (const std::string_view name : {"alert_id", "revision", "detected_ms", "late_by_ms", "rule_hash", "evidence"})
      if (fields.child(SigmaFields::root, name) != SigmaFields::nothing && refused_.insert(name).second)
        complain_(rule, fmt::format("{}, which is no field of alerts", name),
                  "another: this one is not the same in every order of arrival");
  }

  void plan_detection(const SigmaDetection& rule) {
    const auto stream_name = stream_of(rule.logsource);
    auto& stream = out_.streams[stream_name];
    stream.matcher.add(rule.condition, rule.names, rule.when);
    SigmaDetectionPlan plan;
    plan.head = rule.head;
    for (std::size_t number = 0; number < rules_.correlations.size(); ++number) {
      const auto& correlation = rules_.correlations[number];
      const auto bits = bits_of(correlation, rule.head);
      if (bits == 0) continue;
      plan.raises = plan.raises && correlation.head.generate;
      const auto path_of = [&](const std::string& name) {
        const auto field = correlation.name_in(name, rule.head);
        const auto mapped = rule.names.find(field);
        return mapped == rule.names.end() ? field : mapped->second;
      };
      SigmaUse use{static_cast<std::uint16_t>(number), bits, {}};
      for (const auto& name : correlation.group_by) {
        const auto path = path_of(name);
        auto& site = out_.correlations[number].site;
        if (site < 0 && path == site_field(stream_name)) site = static_cast<int>(use.group.size());
        use.group.push_back(stream.matcher.add_field(path));
      }
      if (correlation.type == CorrelationType::value_count)
        use.value = stream.matcher.add_field(path_of(correlation.value_field));
      plan.uses.push_back(std::move(use));
    }
    plan.raises = plan.raises || rule.head.generate;
    stream.detections.push_back(std::move(plan));
    refuse_hidden(rule.head);
  }

  // An alert may be revised and withdrawn, and so must the incident of it alone.
  void plan_incidents_of_alerts() {
    auto& stream = out_.streams[SigmaPlan::alert];
    for (auto& detection : stream.detections) {
      if (!detection.raises) continue;
      detection.incident = static_cast<int>(out_.correlations.size());
      SigmaCorrelationPlan plan;
      plan.head = detection.head;
      plan.spec = {CorrelationType::event_count, 1, 1, 1, false};
      plan.group_values = 1;
      plan.is_instant = true;
      out_.correlations.push_back(std::move(plan));
    }
  }

  // A group-by value is a site when it is one in the events of one of the rules: in all of them it is the same.
  void plan_sites() {
    for (std::size_t number = 0; number < SigmaPlan::stream_count; ++number) {
      auto& stream = out_.streams[number];
      const auto field = site_field(static_cast<SigmaPlan::Stream>(number));
      if (!field.empty() && std::ranges::any_of(stream.detections, &SigmaDetectionPlan::raises))
        stream.site = stream.matcher.add_field(field);
    }
    for (const auto& below : out_.correlations) {
      for (const auto& chain : below.chains) {
        auto& site = out_.correlations[chain.correlation].site;
        const auto found = std::ranges::find(chain.group, static_cast<std::size_t>(below.site));
        if (site < 0 && below.site >= 0 && found != chain.group.end())
          site = static_cast<int>(found - chain.group.begin());
      }
    }
  }

  const SigmaRules& rules_;
  std::set<std::string_view> refused_;
  const Complain& complain_;
  SigmaPlan& out_;
};

}  // namespace

int SigmaPlan::find_correlation(std::string_view rule_id) const {
  const auto found =
      std::ranges::find(correlations, rule_id, [](const auto& plan) { return std::string_view(plan.head.rule_id); });
  return found == correlations.end() ? -1 : static_cast<int>(found - correlations.begin());
}

std::shared_ptr<const SigmaPlan> plan_sigma(const SigmaRules& rules, const Complain& complain) {
  auto plan = std::make_shared<SigmaPlan>();
  Planner(rules, complain, *plan).plan();
  return plan;
}

}  // namespace vigia
