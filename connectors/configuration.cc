#include "connectors/configuration.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <xxhash.h>

#include <algorithm>
#include <iterator>
#include <map>

#include "connectors/geojson.h"
#include "connectors/sigma_files.h"
#include "connectors/site_files.h"
#include "connectors/site_yaml.h"
#include "connectors/timezone.h"
#include "schemas/configuration_generated.h"

namespace vigia {
namespace {

schema::RuleParameterT packed(const std::string& name, const ParamValue& value) {
  schema::RuleParameterT out;
  out.name = name;
  if (const auto* integer = std::get_if<std::int64_t>(&value)) out.integer = *integer;
  if (const auto* number = std::get_if<double>(&value)) out.number = *number;
  if (const auto* text = std::get_if<std::string>(&value)) out.text = *text;
  if (const auto* texts = std::get_if<std::vector<std::string>>(&value)) out.texts = *texts;
  return out;
}

schema::RuleT packed(const RuleSpec& rule) {
  schema::RuleT out;
  out.id = rule.id;
  out.kind = rule.kind;
  out.severity = rule.severity;
  out.category = rule.category;
  out.message = rule.message;
  out.always = rule.scope == Scope::always;
  out.only_site = rule.only.site;
  out.only_zone = rule.only.zone;
  out.only_id = rule.only.id;
  out.route = static_cast<std::uint8_t>(rule.triage.route);
  out.attend_when_cleared = rule.triage.attend_when_cleared;
  for (const auto& [name, value] : rule.params)
    out.parameters.push_back(std::make_unique<schema::RuleParameterT>(packed(name, value)));
  return out;
}

ParamValue default_of(const ParamSpec& spec) {
  switch (spec.type) {
    case ParamType::duration:
    case ParamType::integer: return static_cast<std::int64_t>(spec.default_value);
    case ParamType::number: return spec.default_value;
    case ParamType::string: return std::string(spec.default_strings.empty() ? "" : spec.default_strings.front());
    case ParamType::string_list: break;
  }
  return std::vector<std::string>(spec.default_strings.begin(), spec.default_strings.end());
}

// False: it is none of the parameter's type.
bool unpack(const schema::RuleParameterT& from, ParamType type, ParamValue& out) {
  switch (type) {
    case ParamType::duration:
    case ParamType::integer:
      if (from.integer) out = *from.integer;
      return from.integer.has_value();
    case ParamType::number:
      if (from.number) out = *from.number;
      return from.number.has_value();
    case ParamType::string: out = from.text; return true;
    case ParamType::string_list: out = from.texts; return true;
  }
  return false;
}

Status newer(const schema::RuleT& rule, const std::string& what) {
  return Status::of(Fault::refused, fmt::format("rule {} of kind {}: {}; it was made by another version of vigia, "
                                                "which is needed to derive its alerts",
                                                rule.id, rule.kind, what));
}

Status unpack(const schema::RuleT& from, RuleSpec& rule) {
  rule.id = from.id;
  rule.kind = from.kind;
  rule.severity = from.severity;
  rule.category = from.category;
  rule.message = from.message;
  rule.scope = from.always ? Scope::always : Scope::trip;
  rule.only = {from.only_site, from.only_zone, from.only_id};
  rule.triage = {static_cast<AlertRoute>(from.route), from.attend_when_cleared};
  const KindSpec* kind = find_kind(rule.kind);
  if (kind == nullptr) return newer(from, "this version has no such kind");
  for (const ParamSpec& spec : kind->params) rule.params.emplace(spec.name, default_of(spec));
  for (const auto& parameter : from.parameters) {
    const auto spec = std::ranges::find(kind->params, parameter->name, &ParamSpec::name);
    if (spec == kind->params.end() || !unpack(*parameter, spec->type, rule.params[parameter->name]))
      return newer(from, fmt::format("this version has no such parameter as {}", parameter->name));
  }
  return Status::good();
}

}  // namespace

ConfigurationHash Configuration::hash() const {
  std::string text;
  const auto append = [&](std::string_view value) { text += fmt::format("{}:{};", value.size(), value); };
  for (const RuleSpec& rule : rules) append(canonical_text(rule));
  for (const SiteDocument& document : site) append(document.content);
  append(timezone);
  for (const SiteDocument& document : sigma) append(document.content);
  if (!sigma_pipeline.name.empty()) append(sigma_pipeline.content);
  return {std::max<std::uint64_t>(1, XXH3_64bits(text.data(), text.size()))};
}

std::string encode(const Configuration& configuration) {
  schema::ConfigurationT packed_all;
  for (const RuleSpec& rule : configuration.rules)
    packed_all.rules.push_back(std::make_unique<schema::RuleT>(packed(rule)));
  const auto packed_file = [](const SiteDocument& document) {
    auto file = std::make_unique<schema::SiteFileT>();
    file->name = document.name;
    file->content = document.content;
    return file;
  };
  for (const SiteDocument& document : configuration.site) packed_all.site.push_back(packed_file(document));
  for (const SiteDocument& document : configuration.sigma) packed_all.sigma.push_back(packed_file(document));
  if (!configuration.sigma_pipeline.name.empty()) packed_all.sigma_pipeline = packed_file(configuration.sigma_pipeline);
  packed_all.timezone = configuration.timezone;
  flatbuffers::FlatBufferBuilder builder;
  builder.Finish(schema::Configuration::Pack(builder, &packed_all));
  return {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()};
}

Status decode(std::string_view bytes, Configuration& out) {
  out = {};
  flatbuffers::Verifier verifier(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  if (!verifier.VerifyBuffer<schema::Configuration>(nullptr))
    return Status::of(Fault::damaged, "these are not the bytes of a configuration");
  schema::ConfigurationT from;
  flatbuffers::GetRoot<schema::Configuration>(bytes.data())->UnPackTo(&from);
  for (const auto& rule : from.rules) {
    if (Status status = unpack(*rule, out.rules.emplace_back()); !status.ok()) return status;
  }
  for (const auto& file : from.site) out.site.push_back({file->name, file->content});
  for (const auto& file : from.sigma) out.sigma.push_back({file->name, file->content});
  if (from.sigma_pipeline) out.sigma_pipeline = {from.sigma_pipeline->name, from.sigma_pipeline->content};
  out.timezone = from.timezone;
  return Status::good();
}

Status build_site(const Configuration& configuration, std::shared_ptr<const SiteModel>& out) {
  SiteModelBuilder builder;
  std::vector<ConfigError> errors;
  SiteEquipment equipment;
  for (const SiteDocument& document : configuration.site) {
    if (is_geojson(document.name)) {
      parse_geojson(document.name, document.content, builder, errors);
      continue;
    }
    Diagnostics diagnostics;
    load_site_yaml(document.name, document.content, process_environment(), equipment, diagnostics);
    std::ranges::move(diagnostics.errors, std::back_inserter(errors));
  }
  if (!errors.empty()) return Status::of(Fault::refused, format_errors(errors));
  if (!is_timezone(configuration.timezone))
    return Status::of(Fault::refused, fmt::format("time zone {} is not known here", configuration.timezone));
  auto site = std::make_shared<SiteModel>(builder.build());
  site->days = local_days(configuration.timezone);
  site->equipment = Equipment(std::move(equipment));
  out = std::move(site);
  return Status::good();
}

std::shared_ptr<const SigmaPlan> plan_of(const Configuration& configuration, Diagnostics& diagnostics) {
  std::vector<SigmaFile> files;
  for (const SiteDocument& document : configuration.sigma) files.push_back({document.name, document.content});
  return plan_sigma_files(files, {configuration.sigma_pipeline.name, configuration.sigma_pipeline.content},
                          diagnostics);
}

namespace {

using Things = std::map<std::string, std::string>;  // by name: what it is

void compare(const Things& before, const Things& after, std::vector<std::string>& out) {
  for (const auto& [name, what] : before)
    if (!after.contains(name)) out.push_back(name + " is gone");
  for (const auto& [name, what] : after) {
    const auto old = before.find(name);
    if (old == before.end()) {
      out.push_back(name + " is new");
    } else if (old->second != what) {
      out.push_back(name + " has changed");
    }
  }
}

Things things_of(const Configuration& configuration) {
  Things things;
  Diagnostics diagnostics;
  if (const auto plan = plan_of(configuration, diagnostics)) {
    for (const auto& stream : plan->streams)
      for (const auto& detection : stream.detections) things["rule " + detection.head.rule_id] = detection.head.hash;
    for (const auto& correlation : plan->correlations)
      things["rule " + correlation.head.rule_id] = correlation.head.hash;
  }
  for (const RuleSpec& rule : configuration.rules) things["rule " + rule.id] = canonical_text(rule);
  std::shared_ptr<const SiteModel> site;
  if (!build_site(configuration, site).ok()) return things;
  for (const Zone& zone : site->zones) things["zone " + zone.id] = fmt::format("{}", zone.content_hash);
  for (const Route& route : site->routes) things["route " + route.id] = fmt::format("{}", route.content_hash);
  const auto list = [&](const std::string& name, const auto& all) {
    for (const auto& one : all) things[name + one.id] = fmt::format("{}", content_hash(one));
  };
  list("door ", site->equipment.doors());
  list("camera ", site->equipment.cameras());
  list("holder ", site->equipment.holders());
  for (const StaffMember& member : site->equipment.staff()) things["staff " + member.id] = canonical_text(member);
  for (const Maintenance& window : site->equipment.maintenance())
    things[fmt::format("maintenance of {}", fmt::join(window.site, ", "))] += canonical_text(window);
  return things;
}

}  // namespace

std::vector<std::string> differences(const Configuration& before, const Configuration& after) {
  std::vector<std::string> lines;
  compare(things_of(before), things_of(after), lines);
  if (before.timezone != after.timezone) lines.push_back("the time zone has changed");
  return lines;
}

}  // namespace vigia
