#include "operators/security_decode.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <cmath>
#include <cstring>
#include <optional>

#include "operators/sigma_json.h"
#include "schemas/rfc3339.h"
#include "schemas/utf8.h"
#include "schemas/verify.h"

namespace vigia {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

// The same for the same content, whatever the order of members, the spaces and the escapes.
std::uint64_t content_hash(element at);

std::uint64_t content_hash(simdjson::dom::object object) {
  std::uint64_t sum = 1;
  for (const auto member : object) {
    const auto value = content_hash(member.value);
    sum += XXH3_64bits_withSeed(member.key.data(), member.key.size(), value);
  }
  return sum;
}

std::uint64_t content_hash(element at) {
  const auto of_number = [](auto value, std::uint64_t seed) {
    return XXH3_64bits_withSeed(&value, sizeof value, seed);
  };
  switch (at.type()) {
    case element_type::OBJECT: return content_hash(simdjson::dom::object(at.get_object().value_unsafe()));
    case element_type::ARRAY: {
      const simdjson::dom::array items = at.get_array().value_unsafe();
      std::uint64_t hash = 2;
      for (const auto item : items) hash = of_number(content_hash(item), hash);
      return hash;
    }
    case element_type::STRING: {
      const std::string_view text = at.get_string().value_unsafe();
      return XXH3_64bits_withSeed(text.data(), text.size(), 3);
    }
    case element_type::INT64: return of_number(at.get_int64().value_unsafe(), 4);
    case element_type::UINT64: return of_number(at.get_uint64().value_unsafe(), 4);
    case element_type::DOUBLE: return of_number(at.get_double().value_unsafe(), 5);
    case element_type::BOOL: return at.get_bool().value_unsafe() ? 6 : 7;
    default: return 8;
  }
}

std::optional<TimeMs> time_of(const SigmaValue& value) {
  constexpr double latest_ms = 253'402'300'800'000;  // the year 10000
  if (value.type == SigmaType::text) return parse_rfc3339(value.text);
  const bool is_whole = value.type == SigmaType::number && value.number == std::floor(value.number);
  if (!is_whole || std::abs(value.number) >= latest_ms) return std::nullopt;
  return static_cast<TimeMs>(value.number);
}

}  // namespace

void SecurityDecoder::decode(const InputRecord& record, std::uint32_t record_index, std::vector<SecurityEvent>& out) {
  SecurityEvent whole;
  whole.record_index = record_index;
  whole.is_record = true;
  simdjson::dom::element root;
  simdjson::dom::object object;
  if (record.is_tombstone || record.value.empty()) {
    whole.reason = record.is_tombstone ? "a tombstone: no value, expected an event" : "0 bytes, expected an event";
  } else if (record.value.size() > schema::max_record_bytes) {
    whole.reason = "the record is longer than 8 MiB";
  } else if (!is_utf8(record.value)) {
    whole.reason = "the record is not valid UTF-8";
  } else if (const auto code = parser_.parse(record.value.data(), record.value.size()).get(root);
             code != simdjson::SUCCESS) {
    whole.reason = fmt::format("the record is not valid JSON: {}", simdjson::error_message(code));
  } else if (root.get(object) != simdjson::SUCCESS) {
    whole.reason = "the record is no JSON object";
  }
  if (!whole.reason.empty()) return out.push_back(std::move(whole));
  whole.is_record = false;
  simdjson::dom::array batch;
  if (object.at_key("@timestamp").error() == simdjson::SUCCESS ||
      object.at_key("events").get(batch) != simdjson::SUCCESS) {
    read(object, record.key, whole);
    return out.push_back(std::move(whole));
  }
  std::int32_t index = 0;
  for (const auto item : batch) {
    SecurityEvent event;
    event.record_index = record_index;
    event.event_index = index++;
    if (item.get(object) == simdjson::SUCCESS)
      read(object, record.key, event);
    else
      event.reason = "the event is no JSON object";
    out.push_back(std::move(event));
  }
}

void SecurityDecoder::read(simdjson::dom::object object, std::string_view key, SecurityEvent& out) {
  read_sigma_json(object, plan_.matcher.fields(), plan_.matcher.wants_all_texts(), event_);
  const int time = event_.first(plan_.time);
  const auto time_ms = time < 0 ? std::nullopt : time_of(event_.value(time));
  if (!time_ms) {
    out.reason =
        time < 0 ? std::string("@timestamp is missing")
                 : fmt::format("@timestamp is {}, expected RFC 3339 or whole milliseconds", event_.value(time).text);
    return;
  }
  out.time_ms = *time_ms;
  const auto seed = XXH3_64bits(key.data(), key.size());
  const int id = event_.first(plan_.id);
  if (id >= 0 && !event_.value(id).text.empty()) {
    const auto text = event_.value(id).text;
    const auto hash = XXH3_128bits_withSeed(text.data(), text.size(), seed);
    std::memcpy(out.identity.data(), &hash, sizeof hash);
  } else {
    const std::uint64_t what[] = {static_cast<std::uint64_t>(out.time_ms), content_hash(object)};
    const auto hash = XXH3_128bits_withSeed(what, sizeof what, seed);
    std::memcpy(out.identity.data(), &hash, sizeof hash);
  }
  plan_.matcher.match(event_, scratch_, matched_);
  if (!matched_.empty()) out.findings = sigma_findings(plan_, event_, matched_);
  if (group_rules_.empty()) return;
  if (const auto logon = logons_.read(object))
    for (const auto& rule : group_rules_) rule->take(*logon, out.findings.groups);
}

}  // namespace vigia
