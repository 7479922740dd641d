// What the demo puts on disk before it begins: a directory of its own with a pipeline and the site files.
#pragma once

#include <filesystem>
#include <string>

#include "connectors/status.h"

namespace vigia {

inline constexpr int demo_partitions = 24;  // the mock broker forgets what is beyond 5 MiB of a partition

// The directory with zones.geojson and routes.geojson: config/site here, or in a directory above the binary or above
// here.
[[nodiscard]] std::filesystem::path find_demo_site();  // empty: not found

// A directory that is not there yet: vigia-demo, vigia-demo-2... here, or below the directory for temporary files when
// this one can't be written.
[[nodiscard]] Status make_demo_directory(const std::string& wanted, std::filesystem::path& out);

// Copies the site files and writes pipeline.yaml; gives its path.
[[nodiscard]] Status write_demo_pipeline(const std::filesystem::path& directory, const std::filesystem::path& site,
                                         const std::string& brokers, std::string& out);

}  // namespace vigia
