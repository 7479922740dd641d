#include "connectors/alert_record.h"

#include <fmt/format.h>

#include "connectors/alert_ecs.h"
#include "connectors/alert_ocsf.h"
#include "schemas/json_writer.h"
#include "schemas/rfc3339.h"

namespace vigia {

std::string revision_id(const Alert& alert) {
  const auto id = fmt::format("{}-{}", alert.alert_id, alert.revision);
  return alert.triage_revision == 0 ? id : fmt::format("{}-{}", id, alert.triage_revision);
}

void make_alert_record(const Alert& alert, const std::string& application, RecordFormat format, AlertRecord& out) {
  out.payload.clear();
  std::string_view content_type = "application/json", data_schema;
  switch (format) {
    case RecordFormat::json: json::append_json(alert, out.payload); break;
    case RecordFormat::ecs:
      append_ecs(alert, application, out.payload);
      data_schema = ecs_schema_uri;
      break;
    case RecordFormat::ocsf:
      append_ocsf(alert, application, out.payload);
      data_schema = ocsf_schema_uri;
      break;
    case RecordFormat::flatbuffers: {
      flatbuffers::FlatBufferBuilder builder;
      schema::FinishAlertBuffer(builder, schema::Alert::Pack(builder, &alert));
      out.payload.assign(reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize());
      content_type = "application/x-flatbuffers";
    }
  }
  out.key = alert.subject_id;
  out.headers = {{"ce_specversion", "1.0"},
                 {"ce_id", revision_id(alert)},
                 {"ce_source", "/vigia/" + application},
                 {"ce_type", "vigia.alert." + alert.kind},
                 {"ce_subject", alert.subject_id},
                 {"ce_time", format_rfc3339(alert.detected_ms)}};
  if (!data_schema.empty()) out.headers.emplace_back("ce_dataschema", data_schema);
  out.headers.emplace_back("content-type", content_type);
}

RecordFormat format_of(const AlertRecord& record, RecordFormat otherwise) {
  const auto value = [&](std::string_view name) {
    for (const auto& [header, text] : record.headers)
      if (header == name) return std::string_view(text);
    return std::string_view();
  };
  if (value("content-type") == "application/x-flatbuffers") return RecordFormat::flatbuffers;
  if (value("content-type") != "application/json") return otherwise;
  if (value("ce_dataschema") == ecs_schema_uri) return RecordFormat::ecs;
  return value("ce_dataschema") == ocsf_schema_uri ? RecordFormat::ocsf : RecordFormat::json;
}

}  // namespace vigia
