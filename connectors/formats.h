// The formats of other systems that a source may have (docs/formats.md). A new one is a file with its adapter, a line in
// connectors/formats.cc, and a section of that page.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "operators/record_adapter.h"
#include "operators/rule.h"

namespace vigia {

struct ForeignFormat {
  std::string_view name;
  RecordAdapter adapt = nullptr;  // null: JSON of the stream as it is
  std::vector<StreamId> streams;  // whose events it gives

  [[nodiscard]] bool gives(StreamId stream) const;
};

// In the order of their names; a name has several lines where its adapter depends on the stream. Lives as long as the
// program.
[[nodiscard]] std::span<const ForeignFormat> foreign_formats();

// Null: none of that name gives events of the stream.
[[nodiscard]] const ForeignFormat* foreign_format(std::string_view name, StreamId stream);

// The adapters, each in a file of its name.
std::string adapt_cloudevents(const InputRecord& record, std::string& json);
std::string adapt_deepstream(const InputRecord& record, std::string& json);
std::string adapt_frigate_events(const InputRecord& record, std::string& json);
std::string adapt_frigate_reviews(const InputRecord& record, std::string& json);
std::string adapt_frigate_status(const InputRecord& record, std::string& json);
std::string adapt_onvif_access(const InputRecord& record, std::string& json);
std::string adapt_onvif_camera(const InputRecord& record, std::string& json);
std::string adapt_traccar(const InputRecord& record, std::string& json);

}  // namespace vigia
