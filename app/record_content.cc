#include "app/record_content.h"

#include <simdjson.h>

#include "schemas/json_writer.h"
#include "schemas/verify.h"

namespace vigia {
namespace {

std::string id_of(const simdjson::dom::element& event) {
  std::string_view id;
  return event["seal_id"].get(id) == simdjson::SUCCESS ? std::string(id) : std::string();
}

RecordContent read_json(std::string_view bytes) {
  RecordContent content;
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  if (const auto error = parser.parse(bytes.data(), bytes.size()).get(document); error != simdjson::SUCCESS) {
    content.problem = std::string("no valid JSON: ") + simdjson::error_message(error);
    return content;
  }
  content.json.resize(bytes.size());
  std::size_t size = 0;
  if (simdjson::minify(bytes.data(), bytes.size(), content.json.data(), size) != simdjson::SUCCESS) size = 0;
  content.json.resize(size);
  simdjson::dom::array events;
  content.is_batch = document["events"].get(events) == simdjson::SUCCESS;
  if (!content.is_batch) {
    content.events.push_back({id_of(document), content.json});
  } else {
    for (const simdjson::dom::element event : events) content.events.push_back({id_of(event), simdjson::minify(event)});
  }
  return content;
}

template <class Events>
RecordContent read_events(const Events& events) {
  RecordContent content;
  if (!events.error().empty()) {
    content.problem = events.error();
    return content;
  }
  content.is_batch = events.is_batch();
  for (std::size_t i = 0; i < events.size(); ++i) {
    const auto* id = events[i].seal_id();
    content.events.push_back({id == nullptr ? std::string() : id->str(), {}});
    json::append_json(events[i], content.events.back().json);
    content.json += (content.json.empty() ? "" : ",") + content.events.back().json;
  }
  if (content.is_batch) content.json = "{\"events\":[" + content.json + "]}";
  return content;
}

}  // namespace

RecordContent read_content(std::string_view bytes, StreamId stream) {
  const std::string_view identifier = bytes.size() < 8 ? std::string_view() : bytes.substr(4, 4);
  if (identifier == schema::SealEventIdentifier() || identifier == schema::SealBatchIdentifier()) {
    return read_events(schema::verify_seal_record(bytes));
  }
  if (identifier == schema::TripEventIdentifier() || identifier == schema::TripBatchIdentifier()) {
    return read_events(schema::verify_trip_record(bytes));
  }
  RecordContent content = read_json(bytes);
  if (content.problem.empty()) return content;
  RecordContent other = stream == StreamId::trip ? read_events(schema::verify_trip_record(bytes))
                                                 : read_events(schema::verify_seal_record(bytes));
  return other.problem.empty() ? other : content;
}

}  // namespace vigia
