// What the demo puts on disk before it begins: a directory of its own with a pipeline and the site files.
#pragma once

#include <filesystem>
#include <string>

#include "connectors/status.h"

namespace vigia {

inline constexpr int demo_partitions = 24;  // the mock broker forgets what is beyond 5 MiB of a partition

struct DemoFiles {
  std::filesystem::path zones, routes;
  std::filesystem::path port;   // doors and cameras; empty: none
  std::filesystem::path sigma;  // the rule about them; empty: none
};

// Of the directory `wanted`: zones.geojson and routes.geojson, and port.yaml if it has one; the rule of ../sigma or of
// config/sigma. Nothing wanted: config/site here, or in a directory above here or above the binary.
[[nodiscard]] Status find_demo_files(const std::string& wanted, DemoFiles& out);

// A directory that is not there yet: vigia-demo, vigia-demo-2... here, or below the directory for temporary files when
// this one can't be written.
[[nodiscard]] Status make_demo_directory(const std::string& wanted, std::filesystem::path& out);

// Copies the files and writes pipeline.yaml; gives its path.
[[nodiscard]] Status write_demo_pipeline(const std::filesystem::path& directory, const DemoFiles& files,
                                         const std::string& brokers, std::string& out);

}  // namespace vigia
