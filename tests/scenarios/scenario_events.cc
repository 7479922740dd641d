#include "tests/scenarios/scenario_events.h"

#include <map>
#include <stdexcept>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "tests/scenarios/scenario_words.h"

namespace vigia::scenarios {
namespace {

enum class Value { text, time, number, list };
struct Field {
  std::string json_name;
  Value value = Value::text;
};

const std::map<std::string, Field> seal_fields = {{"seq", {"sequence", Value::number}},
                                                  {"lock", {"lock", Value::text}},
                                                  {"battery", {"battery_percent", Value::number}},
                                                  {"conditions", {"conditions", Value::list}},
                                                  {"operator", {"operator_id", Value::text}},
                                                  {"provider", {"provider_id", Value::text}}};

const std::map<std::string, Field> trip_fields = {{"trip", {"trip_id", Value::text}},
                                                  {"route", {"route_id", Value::text}},
                                                  {"container", {"container_id", Value::text}},
                                                  {"manifest", {"manifest_id", Value::text}},
                                                  {"origin", {"origin_depot_id", Value::text}},
                                                  {"destination", {"destination_depot_id", Value::text}},
                                                  {"concept", {"concept", Value::text}},
                                                  {"due", {"due_ms", Value::time}},
                                                  {"from", {"from_ms", Value::time}},
                                                  {"until", {"until_ms", Value::time}},
                                                  {"activity", {"activity", Value::text}},
                                                  {"officer", {"officer_id", Value::text}},
                                                  {"weight", {"weight_kg", Value::number}},
                                                  {"number", {"seal_number", Value::text}},
                                                  {"zone", {"zone_id", Value::text}}};

const std::map<std::string, Field> door_fields = {
    {"seq", {"sequence", Value::number}},      {"holder", {"holder_id", Value::text}},
    {"card", {"credential_id", Value::text}},  {"class", {"holder_class", Value::text}},
    {"direction", {"direction", Value::text}}, {"escort", {"escort_id", Value::text}},
    {"reason", {"reason", Value::text}},       {"path", {"path", Value::text}}};

const std::map<std::string, Field> camera_fields = {
    {"seq", {"sequence", Value::number}}, {"class", {"object_class", Value::text}},
    {"track", {"track_id", Value::text}}, {"zone", {"zone_id", Value::text}},
    {"count", {"count", Value::number}},  {"plate", {"plate", Value::text}}};

std::string json_value(const Field& field, const std::string& text) {
  switch (field.value) {
    case Value::text: return fmt::format("\"{}\"", text);
    case Value::time: return std::to_string(parse_time(text));
    case Value::number: return text;
    case Value::list: return fmt::format("[\"{}\"]", fmt::join(split(text, ','), "\",\""));
  }
  return {};
}

// The words of one line, taken apart; what is left in `fields` is the payload.
struct Parsed {
  std::string key;
  TimeMs time_ms = 0;
  std::optional<TimeMs> to_ms, broker_ms, wall_ms;
  TimeMs every_ms = 0, late_ms = 0;
  std::optional<Metres> at;
  Metres move;
  bool buffered = false;
  std::map<std::string, std::string> fields;
};

Parsed parse(const std::vector<std::string>& words, std::size_t first_option, const std::map<std::string, Field>& known,
             bool may_be_dotted = false) {
  if (words.size() < 2) throw std::runtime_error("expected a seal and a time");
  Parsed parsed;
  parsed.key = words[0];
  parsed.time_ms = parse_time(words[1]);
  for (std::size_t i = first_option; i < words.size(); ++i) {
    const auto next = [&] {
      return i + 1 < words.size() ? words[++i] : throw std::runtime_error("something is missing after " + words[i]);
    };
    const auto [name, value] = name_and_value(words[i]);
    if (name == "at")
      parsed.at = parse_metres(next());
    else if (name == "move")
      parsed.move = parse_metres(next());
    else if (name == "to")
      parsed.to_ms = parse_time(next());
    else if (name == "every")
      parsed.every_ms = parse_duration(next());
    else if (name == "buffered")
      parsed.buffered = true;
    else if (name == "broker")
      parsed.broker_ms = parse_time(value);
    else if (name == "late")
      parsed.late_ms = parse_duration(value);
    else if (name == "wall")
      parsed.wall_ms = parse_time(value);
    else if (known.contains(name) || (may_be_dotted && name.find('.') != name.npos))
      parsed.fields[name] = value;
    else
      throw std::runtime_error("unknown word " + words[i]);
  }
  return parsed;
}

Input record(const Parsed& parsed, const char* topic, TimeMs time_ms, std::string value) {
  return {{topic, parsed.key, parsed.broker_ms.value_or(time_ms + parsed.late_ms), std::move(value)},
          parsed.wall_ms,
          false};
}

std::string seal_json(const Parsed& parsed, TimeMs time_ms, std::uint64_t step) {
  std::string json = fmt::format("{{\"seal_id\":\"{}\",\"device_time_ms\":{}", parsed.key, time_ms);
  for (const auto& [name, value] : parsed.fields) {
    const auto& field = seal_fields.at(name);
    const auto text = name == "seq" ? std::to_string(std::stoull(value) + step) : value;
    json += fmt::format(",\"{}\":{}", field.json_name, json_value(field, text));
  }
  if (parsed.buffered) json += ",\"buffered\":true";
  if (parsed.at) {
    const auto steps = static_cast<double>(step);
    json += fmt::format(",\"position\":{}", position_of({parsed.at->east + steps * parsed.move.east,
                                                         parsed.at->north + steps * parsed.move.north}));
  }
  return json + "}";
}

}  // namespace

std::vector<Input> seal_records(const std::vector<std::string>& words) {
  const Parsed parsed = parse(words, 2, seal_fields);
  if (parsed.to_ms.has_value() != (parsed.every_ms > 0)) throw std::runtime_error("`to` and `every` go together");
  std::vector<Input> inputs;
  std::uint64_t step = 0;
  for (TimeMs time_ms = parsed.time_ms; time_ms <= parsed.to_ms.value_or(parsed.time_ms); time_ms += parsed.every_ms) {
    inputs.push_back(record(parsed, "seal.events", time_ms, seal_json(parsed, time_ms, step++)));
    if (parsed.every_ms == 0) break;
  }
  return inputs;
}

std::vector<Input> trip_records(const std::vector<std::string>& words) {
  if (words.size() < 3) throw std::runtime_error("expected a seal, a time and an action");
  const Parsed parsed = parse(words, 3, trip_fields);
  std::string json =
      fmt::format("{{\"seal_id\":\"{}\",\"event_time_ms\":{},\"action\":\"{}\"", parsed.key, parsed.time_ms, words[2]);
  for (const auto& [name, value] : parsed.fields)
    json += fmt::format(",\"{}\":{}", trip_fields.at(name).json_name, json_value(trip_fields.at(name), value));
  return {record(parsed, "trip.events", parsed.time_ms, json + "}")};
}

namespace {

// An event of a door or a camera: KEY TIME KIND, and what it says.
std::vector<Input> device_records(const std::vector<std::string>& words, const char* topic, const char* key_name,
                                  const std::map<std::string, Field>& known) {
  if (words.size() < 3) throw std::runtime_error("expected an id, a time and a kind");
  const Parsed parsed = parse(words, 3, known);
  if (parsed.to_ms.has_value() != (parsed.every_ms > 0)) throw std::runtime_error("`to` and `every` go together");
  std::vector<Input> inputs;
  std::uint64_t step = 0;
  for (TimeMs time_ms = parsed.time_ms; time_ms <= parsed.to_ms.value_or(parsed.time_ms); time_ms += parsed.every_ms) {
    auto json =
        fmt::format("{{\"{}\":\"{}\",\"device_time_ms\":{},\"kind\":\"{}\"", key_name, words[0], time_ms, words[2]);
    for (const auto& [name, value] : parsed.fields) {
      const auto& field = known.at(name);
      const auto text = name == "seq" ? std::to_string(std::stoull(value) + step) : value;
      json += fmt::format(",\"{}\":{}", field.json_name, json_value(field, text));
    }
    if (parsed.buffered) json += ",\"buffered\":true";
    inputs.push_back(record(parsed, topic, time_ms, json + "}"));
    ++step;
    if (parsed.every_ms == 0) break;
  }
  return inputs;
}

}  // namespace

std::vector<Input> door_records(const std::vector<std::string>& words) {
  return device_records(words, "access.events", "door_id", door_fields);
}

std::vector<Input> camera_records(const std::vector<std::string>& words) {
  return device_records(words, "camera.events", "camera_id", camera_fields);
}

std::vector<Input> security_records(const std::vector<std::string>& words) {
  static const std::map<std::string, Field> known = {{"action", {"event.action"}},
                                                     {"category", {"event.category", Value::list}},
                                                     {"type", {"event.type", Value::list}},
                                                     {"outcome", {"event.outcome"}},
                                                     {"user", {"user.name"}}};
  const Parsed parsed = parse(words, 2, known, true);
  std::string json = fmt::format("{{\"@timestamp\":{}", parsed.time_ms);
  for (const auto& [name, value] : parsed.fields) {
    const auto field = known.contains(name) ? known.at(name) : Field{name};
    json += fmt::format(",\"{}\":{}", field.json_name, json_value(field, value));
  }
  return {record(parsed, "security.events", parsed.time_ms, json + "}")};
}

Input batch_record(const std::vector<std::string>& header, const std::vector<Input>& members) {
  if (header.size() != 3 || !header[2].starts_with("broker="))
    throw std::runtime_error("batch seal|trip|access|camera KEY broker=TIME");
  std::vector<std::string> values;
  for (const auto& member : members) values.push_back(member.line.value);
  return {{header[0] + ".events", header[1], parse_time(name_and_value(header[2]).second),
           fmt::format("{{\"events\":[{}]}}", fmt::join(values, ","))},
          {},
          false};
}

}  // namespace vigia::scenarios
