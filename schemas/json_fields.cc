#include "schemas/json_fields.h"

#include <algorithm>

namespace vigia::json {

std::string describe(dom::element value) {
  switch (value.type()) {
    case dom::element_type::ARRAY: return "a list";
    case dom::element_type::OBJECT: return "an object";
    case dom::element_type::STRING: return "a text";
    case dom::element_type::BOOL: return value.get_bool().value_unsafe() ? "true" : "false";
    case dom::element_type::NULL_VALUE: return "null";
    case dom::element_type::INT64: return fmt::format("{}", value.get_int64().value_unsafe());
    case dom::element_type::UINT64: return fmt::format("{}", value.get_uint64().value_unsafe());
    case dom::element_type::DOUBLE: return fmt::format("{}", value.get_double().value_unsafe());
  }
  return "something else";
}

void Field::complain(std::string_view found, std::string_view expected) {
  findings_.complain(fmt::format("{}{} is {}, expected {}", path_, member_.key, found, expected));
}

void Field::read(std::string_view& target) {
  if (member_.value.get(target) != simdjson::SUCCESS) complain_type("a text");
}

void Field::read(std::string& target) {
  std::string_view text;
  read(text);
  target = text;
}

void Field::read(bool& target) {
  if (member_.value.get(target) != simdjson::SUCCESS) complain_type("true or false");
}

void Field::read(double& target) {
  if (member_.value.get(target) != simdjson::SUCCESS) complain_type("a number");
}

void Field::read(float& target) {
  double value = 0;
  read(value);
  if (std::fabs(value) > std::numeric_limits<float>::max()) return complain_type("a number of single precision");
  target = static_cast<float>(value);
}

std::int64_t Field::integer(std::int64_t min, std::int64_t max) {
  std::int64_t value = 0;
  if (member_.value.get(value) != simdjson::SUCCESS) {
    complain_type("an integer");
    return 0;
  }
  if (value < min || value > max) {
    complain_type(fmt::format("{} to {}", min, max));
    return 0;
  }
  return value;
}

void Field::read(std::int64_t& target) { target = integer(INT64_MIN, INT64_MAX); }

void Field::read(std::vector<schema::Condition>& target) {
  target.clear();
  dom::array list;
  if (member_.value.get(list) != simdjson::SUCCESS) return complain_type("a list of texts");
  for (const dom::element element : list) {
    std::string_view name;
    if (element.get(name) != simdjson::SUCCESS) return complain("a list with " + describe(element), "a list of texts");
    if (const auto condition = schema::parse_enum<schema::Condition>(name)) {
      target.push_back(*condition);
    } else {
      ++findings_.unknown_enum_values;
    }
  }
}

void Field::read(Attributes& target) {
  target.clear();
  dom::object object;
  if (member_.value.get(object) != simdjson::SUCCESS) return complain_type("an object of texts");
  for (const dom::key_value_pair member : object) {
    std::string_view text;
    if (member.value.is_null()) continue;
    if (member.value.get(text) != simdjson::SUCCESS) {
      return findings_.complain(
          fmt::format("{}{}.{} is {}, expected a text", path_, member_.key, member.key, describe(member.value)));
    }
    target.emplace_back(member.key, text);
  }
  std::stable_sort(target.begin(), target.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  const auto last_of_key = [&](std::size_t i) {
    return i + 1 == target.size() || target[i + 1].first != target[i].first;
  };
  std::size_t kept = 0;
  for (std::size_t i = 0; i < target.size(); ++i) {
    if (last_of_key(i)) target[kept++] = target[i];
  }
  target.resize(kept);
}

void Field::read(std::optional<PositionFields>& target) {
  dom::object object;
  if (member_.value.get(object) != simdjson::SUCCESS) return complain_type("an object");
  PositionFields& position = target.emplace();
  for_each_field(object, "position.", findings_, [&](Field& field) {
    return field("lat_deg", position.lat_deg) || field("lon_deg", position.lon_deg) ||
           field("speed_kmh", position.speed_kmh) || field("heading_deg", position.heading_deg) ||
           field("accuracy_m", position.accuracy_m);
  });
  if (!position.lat_deg) findings_.complain("position.lat_deg is missing");
  if (!position.lon_deg) findings_.complain("position.lon_deg is missing");
}

void Field::read(std::vector<std::unique_ptr<schema::EvidenceT>>& target) {
  target.clear();
  dom::array list;
  if (member_.value.get(list) != simdjson::SUCCESS) return complain_type("a list of objects");
  for (const dom::element element : list) {
    dom::object object;
    if (element.get(object) != simdjson::SUCCESS)
      return complain("a list with " + describe(element), "a list of objects");
    auto one = std::make_unique<schema::EvidenceT>();
    for_each_field(object, "evidence.", findings_, [&](Field& field) {
      return field("topic", one->topic) || field("partition", one->partition) || field("offset", one->offset);
    });
    target.push_back(std::move(one));
  }
}

AttributesOffset build(const Attributes& attributes, flatbuffers::FlatBufferBuilder& out) {
  if (attributes.empty()) return {};
  std::vector<flatbuffers::Offset<schema::Attribute>> offsets;
  offsets.reserve(attributes.size());
  for (const auto& [key, value] : attributes) {
    const auto key_offset = out.CreateString(key);
    offsets.push_back(schema::CreateAttribute(out, key_offset, build(value, out)));
  }
  return out.CreateVector(offsets);
}

flatbuffers::Offset<schema::Position> build(const std::optional<PositionFields>& position,
                                            flatbuffers::FlatBufferBuilder& out) {
  if (!position) return {};
  return schema::CreatePosition(out, *position->lat_deg, *position->lon_deg, position->speed_kmh, position->heading_deg,
                                position->accuracy_m);
}

flatbuffers::Offset<flatbuffers::String> build(std::string_view text, flatbuffers::FlatBufferBuilder& out) {
  return text.empty() ? flatbuffers::Offset<flatbuffers::String>() : out.CreateString(text);
}

}  // namespace vigia::json
