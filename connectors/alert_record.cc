#include "connectors/alert_record.h"

#include <date/date.h>
#include <fmt/format.h>

#include <chrono>

#include "schemas/json_writer.h"

namespace vigia {

namespace {

std::string rfc3339(TimeMs time_ms) {
  return date::format("%FT%TZ", date::sys_time<std::chrono::milliseconds>(std::chrono::milliseconds(time_ms)));
}

}  // namespace

std::string revision_id(const Alert& alert) { return fmt::format("{}-{}", alert.alert_id, alert.revision); }

void make_alert_record(const Alert& alert, const std::string& application, RecordFormat format, AlertRecord& out) {
  const bool is_json = format == RecordFormat::json;
  if (is_json) {
    out.payload.clear();
    json::append_json(alert, out.payload);
  } else {
    flatbuffers::FlatBufferBuilder builder;
    schema::FinishAlertBuffer(builder, schema::Alert::Pack(builder, &alert));
    out.payload.assign(reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize());
  }
  out.key = alert.subject_id;
  out.headers = {{"ce_specversion", "1.0"},
                 {"ce_id", revision_id(alert)},
                 {"ce_source", "/vigia/" + application},
                 {"ce_type", "vigia.alert." + alert.kind},
                 {"ce_subject", alert.subject_id},
                 {"ce_time", rfc3339(alert.detected_ms)},
                 {"content-type", is_json ? "application/json" : "application/x-flatbuffers"}};
}

}  // namespace vigia
