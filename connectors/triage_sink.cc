#include "connectors/triage_sink.h"

#include <fmt/format.h>

#include <vector>

#include "schemas/json_writer.h"

namespace vigia {

Status KafkaTriageSink::write(std::span<const Alert> states, std::span<const CommandReply> replies) {
  std::vector<RecordHeader> headers;
  for (const Alert& alert : states) {
    make_alert_record(alert, application_, outputs_.format, record_);
    headers.clear();
    for (const auto& [name, value] : record_.headers) headers.push_back({name, value});
    Status status = producer_.produce(outputs_.alert_state, alert.alert_id, record_.payload, headers);
    if (!status.ok()) return status;
  }
  for (const CommandReply& reply : replies) {
    if (Status status = write(reply); !status.ok()) return status;
  }
  return Status::good();
}

Status KafkaTriageSink::write(const CommandReply& reply) {
  std::string payload;
  std::string_view content_type = "application/json";
  if (outputs_.format == RecordFormat::flatbuffers) {
    flatbuffers::FlatBufferBuilder builder;
    schema::FinishCommandReplyBuffer(builder, schema::CommandReply::Pack(builder, &reply));
    payload.assign(reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize());
    content_type = "application/x-flatbuffers";
  } else {
    json::append_json(reply, payload);
  }
  const auto& command = *reply.evidence;
  const std::string id = fmt::format("{}/{}/{}", command.topic, command.partition, command.offset);
  const std::string source = "/vigia/" + application_;
  const RecordHeader headers[] = {{"ce_specversion", "1.0"},      {"ce_id", id},
                                  {"ce_source", source},          {"ce_type", "vigia.command.reply"},
                                  {"ce_subject", reply.alert_id}, {"content-type", content_type}};
  return producer_.produce(outputs_.replies, reply.alert_id, payload, headers);
}

}  // namespace vigia
