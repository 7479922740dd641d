#include "connectors/formats.h"

#include <algorithm>

namespace vigia {

std::span<const ForeignFormat> foreign_formats() {
  using enum StreamId;
  static const ForeignFormat table[] = {
      {"cloudevents", adapt_cloudevents, {seal, trip, access, camera}},
      {"deepstream", adapt_deepstream, {camera}},
      {"ecs", nullptr, {security}},
      {"frigate_events", adapt_frigate_events, {camera}},
      {"frigate_reviews", adapt_frigate_reviews, {camera}},
      {"frigate_status", adapt_frigate_status, {camera}},
      {"onvif", adapt_onvif_access, {access}},
      {"onvif", adapt_onvif_camera, {camera}},
      {"traccar", adapt_traccar, {seal}},
  };
  return table;
}

bool ForeignFormat::gives(StreamId stream) const { return std::ranges::find(streams, stream) != streams.end(); }

const ForeignFormat* foreign_format(std::string_view name, StreamId stream) {
  for (const ForeignFormat& one : foreign_formats())
    if (one.name == name && one.gives(stream)) return &one;
  return nullptr;
}

}  // namespace vigia
