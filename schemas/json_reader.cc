#include "schemas/json_reader.h"

#include "schemas/json_fields.h"
#include "schemas/utf8.h"
#include "schemas/verify.h"

namespace vigia::json {
namespace {

template <class Event>
using ReadEvent = flatbuffers::Offset<Event> (*)(dom::object, Findings&, flatbuffers::FlatBufferBuilder&);

}  // namespace

struct Reader::State {
  dom::parser parser;
  std::vector<flatbuffers::Offset<schema::SealEvent>> seals;  // of the batch at hand
  std::vector<flatbuffers::Offset<schema::TripEvent>> trips;
  std::vector<flatbuffers::Offset<schema::AccessEvent>> accesses;
  std::vector<flatbuffers::Offset<schema::CameraEvent>> cameras;

  // The object that the record is. False: `result` says why there is none.
  bool parse(std::string_view json, dom::object& object, ReadResult& result) {
    if (json.empty()) {
      result.error = "the record is empty";
    } else if (json.size() > schema::max_record_bytes) {
      result.error = "the record is longer than 8 MiB";
    } else if (!is_utf8(json)) {
      result.error = "the record is not valid UTF-8";
    } else {
      dom::element root;
      const simdjson::error_code code = parser.parse(json.data(), json.size()).get(root);
      if (code != simdjson::SUCCESS) {
        result.error = fmt::format("the record is not valid JSON: {}", simdjson::error_message(code));
      } else if (root.get(object) != simdjson::SUCCESS) {
        result.error = fmt::format("the record is {}, expected an object", describe(root));
      }
    }
    return result.error.empty();
  }

  template <class Event, class CreateBatch>
  ReadResult read(std::string_view json, std::vector<flatbuffers::Offset<Event>>& events, ReadEvent<Event> read_event,
                  const char* event_identifier, flatbuffers::FlatBufferBuilder& out, CreateBatch&& create_batch);
};

namespace {

void count(const Findings& findings, ReadResult& result) {
  result.unknown_fields += findings.unknown_fields;
  result.unknown_enum_values += findings.unknown_enum_values;
}

template <class Event>
flatbuffers::Offset<Event> read_single(dom::object object, ReadEvent<Event> read_event, ReadResult& result,
                                       flatbuffers::FlatBufferBuilder& out) {
  Findings findings;
  const auto event = read_event(object, findings, out);
  count(findings, result);
  result.error = std::move(findings.error);
  return event;
}

template <class Event>
void read_batch(dom::array list, ReadEvent<Event> read_event, ReadResult& result, flatbuffers::FlatBufferBuilder& out,
                std::vector<flatbuffers::Offset<Event>>& events) {
  result.is_batch = true;
  std::uint32_t index = 0;
  for (const dom::element element : list) {
    Findings findings;
    dom::object object;
    flatbuffers::Offset<Event> event;
    if (element.get(object) != simdjson::SUCCESS) {
      findings.complain(fmt::format("the event is {}, expected an object", describe(element)));
    } else {
      event = read_event(object, findings, out);
    }
    count(findings, result);
    if (findings.error.empty()) {
      events.push_back(event);
    } else {
      result.rejected.push_back({index, std::move(findings.error)});
    }
    ++index;
  }
}

// An object with a list `events` is a batch.
bool is_batch(dom::object object, dom::array& list, ReadResult& result) {
  dom::element events;
  if (object["events"].get(events) != simdjson::SUCCESS || events.get(list) != simdjson::SUCCESS) return false;
  for (const dom::key_value_pair member : object) result.unknown_fields += member.key == "events" ? 0 : 1;
  return true;
}

}  // namespace

template <class Event, class CreateBatch>
ReadResult Reader::State::read(std::string_view json, std::vector<flatbuffers::Offset<Event>>& events,
                               ReadEvent<Event> read_event, const char* event_identifier,
                               flatbuffers::FlatBufferBuilder& out, CreateBatch&& create_batch) {
  out.Clear();
  ReadResult result;
  dom::object object;
  if (!parse(json, object, result)) return result;
  dom::array list;
  if (!is_batch(object, list, result)) {
    const auto event = read_single(object, read_event, result, out);
    if (result.error.empty()) out.Finish(event, event_identifier);
    return result;
  }
  events.clear();
  read_batch(list, read_event, result, out, events);
  create_batch(out.CreateVector(events));
  return result;
}

Reader::Reader() : state_(std::make_unique<State>()) {}
Reader::~Reader() = default;
Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;

std::uint32_t ReadResult::index_of(std::size_t i) const {
  auto index = static_cast<std::uint32_t>(i);
  for (const RejectedEvent& gap : rejected) {
    if (gap.index > index) break;
    ++index;
  }
  return index;
}

ReadResult Reader::read_seal(std::string_view json, flatbuffers::FlatBufferBuilder& out) {
  return state_->read(json, state_->seals, read_seal_event, schema::SealEventIdentifier(), out,
                      [&](auto events) { schema::FinishSealBatchBuffer(out, schema::CreateSealBatch(out, events)); });
}

ReadResult Reader::read_trip(std::string_view json, flatbuffers::FlatBufferBuilder& out) {
  return state_->read(json, state_->trips, read_trip_event, schema::TripEventIdentifier(), out,
                      [&](auto events) { schema::FinishTripBatchBuffer(out, schema::CreateTripBatch(out, events)); });
}

ReadResult Reader::read_access(std::string_view json, flatbuffers::FlatBufferBuilder& out) {
  return state_->read(
      json, state_->accesses, read_access_event, schema::AccessEventIdentifier(), out,
      [&](auto events) { schema::FinishAccessBatchBuffer(out, schema::CreateAccessBatch(out, events)); });
}

ReadResult Reader::read_camera(std::string_view json, flatbuffers::FlatBufferBuilder& out) {
  return state_->read(json, state_->cameras, read_camera_event, schema::CameraEventIdentifier(), out, [&](auto events) {
    schema::FinishCameraBatchBuffer(out, schema::CreateCameraBatch(out, events));
  });
}

ReadResult Reader::read_alert(std::string_view json, schema::AlertT& out) {
  out = {};
  ReadResult result;
  dom::object object;
  if (!state_->parse(json, object, result)) return result;
  Findings findings;
  read_alert_object(object, findings, out);
  count(findings, result);
  result.error = std::move(findings.error);
  return result;
}

}  // namespace vigia::json
