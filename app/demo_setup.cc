#include "app/demo_setup.h"

#include <fstream>
#include <system_error>

#include <fmt/format.h>

namespace vigia {
namespace {

namespace fs = std::filesystem;

constexpr const char* pipeline_text =
    R"(# Written by `vigia demo`. For a pipeline with every rule explained see config/customs.yaml.
application: demo
kafka: {{ brokers: "{brokers}" }}   # the demonstration broker: gone when the demo has ended
timezone: America/Guayaquil
# A day in a minute: the time is that of the records.
time: {{ horizon: 24h, allowed_lateness: 10m, max_clock_skew: 5m, clock: records }}
state: {{ directory: state, snapshot_every: 10s, publish_every: 0s, memory_budget: 1GiB }}
site: [site/zones.geojson, site/routes.geojson{port}]
sources:
  - {{ topic: seal.events, stream: seal, format: json }}
  - {{ topic: trip.events, stream: trip, format: json }}
  - {{ topic: access.events, stream: access, format: json }}
  - {{ topic: camera.events, stream: camera, format: json }}
outputs:
  alerts: vigia.alerts
  alert_state: vigia.alerts.state
  dead_letters: vigia.dead-letters
  too_late: vigia.too-late
rules:
  - {{ id: stop, kind: unauthorized_stop, limit: 15m, radius_m: 100, severity: high }}
  - {{ id: corridor, kind: route_deviation, confirmations: 2, severity: high }}
  - {{ id: opened, kind: seal_opened, severity: critical }}
  - {{ id: tampered, kind: seal_tampered, severity: critical }}
  - {{ id: removed, kind: seal_removed, severity: critical }}
  - {{ id: wrong-unlock, kind: seal_wrong_unlock, severity: high }}
  - {{ id: placed-again, kind: second_placement, severity: high }}
  - {{ id: late-trip, kind: trip_delayed, severity: medium }}
  - {{ id: signal, kind: signal_lost, interval: 15m, severity: medium }}
  - {{ id: panic, kind: panic, severity: critical, scope: always }}
  - {{ id: weight, kind: weight_difference, percent: 10, severity: medium }}
  - {{ id: forced, kind: door_forced, severity: high }}
  - {{ id: camera, kind: camera_offline, severity: medium }}
{sigma})";

constexpr const char* sigma_text =
    R"(# What only all of them together show: a door forced while its camera is dark.
sigma: [sigma/door-forced-in-the-dark.yml]
)";

constexpr const char* sigma_name = "door-forced-in-the-dark.yml";

fs::path search_upwards(fs::path from) {
  std::error_code error;
  for (;; from = from.parent_path()) {
    const fs::path site = from / "config" / "site";
    if (fs::exists(site / "routes.geojson", error) && fs::exists(site / "zones.geojson", error)) return site;
    if (!from.has_relative_path()) return {};
  }
}

// config/site here, or in a directory above the binary or above here; empty: not found.
fs::path find_demo_site() {
  std::error_code error;
  if (fs::path here = search_upwards(fs::current_path(error)); !here.empty()) return here;
  const fs::path binary = fs::read_symlink("/proc/self/exe", error);
  return error ? fs::path() : search_upwards(binary.parent_path());
}

}  // namespace

Status find_demo_files(const std::string& wanted, DemoFiles& out) {
  const fs::path project = find_demo_site();
  const fs::path site = wanted.empty() ? project : fs::path(wanted);
  if (site.empty())
    return Status::of(Fault::refused,
                      "config/site was not found: run it in the project's directory or name a directory with --site");
  std::error_code error;
  out = {site / "zones.geojson", site / "routes.geojson", site / "port.yaml", {}};
  for (const fs::path& file : {out.zones, out.routes}) {
    if (fs::is_regular_file(file, error)) continue;
    return Status::of(
        Fault::refused,
        fmt::format("found no file {}, expected --site to be a directory with zones.geojson and routes.geojson",
                    file.string()));
  }
  if (!fs::is_regular_file(out.port, error)) out.port.clear();
  for (const fs::path& beside : {site, project}) {
    const fs::path rule = fs::absolute(beside, error).lexically_normal() / ".." / "sigma" / sigma_name;
    if (out.sigma.empty() && !beside.empty() && fs::is_regular_file(rule, error)) out.sigma = rule;
  }
  return Status::good();
}

Status make_demo_directory(const std::string& wanted, fs::path& out) {
  std::error_code error;
  if (!wanted.empty()) {
    out = fs::absolute(wanted, error);
    if (fs::exists(out, error) && !fs::is_empty(out, error)) {
      return Status::of(Fault::refused,
                        fmt::format("{} is there already and not empty: name another --directory", wanted));
    }
    if (fs::create_directories(out, error); error) {
      return Status::of(Fault::storage, fmt::format("{}: {}", out.string(), error.message()));
    }
    return Status::good();
  }
  for (const fs::path& base : {fs::current_path(error), fs::temp_directory_path(error)}) {
    for (int number = 1; number < 1000; ++number) {
      out = base / (number == 1 ? "vigia-demo" : fmt::format("vigia-demo-{}", number));
      if (fs::create_directory(out, error)) return Status::good();
      if (error) break;  // not writable: elsewhere
    }
  }
  return Status::of(Fault::storage,
                    fmt::format("no directory for the demo's data: {}: {}", out.string(), error.message()));
}

Status write_demo_pipeline(const fs::path& directory, const DemoFiles& files, const std::string& brokers,
                           std::string& out) {
  std::error_code error;
  const auto copy = [&](const fs::path& file, const char* below) {
    if (error || file.empty()) return;
    fs::create_directories(directory / below, error);
    if (!error) fs::copy_file(file, directory / below / file.filename(), error);
  };
  for (const fs::path& file : {files.zones, files.routes, files.port}) copy(file, "site");
  copy(files.sigma, "sigma");
  out = (directory / "pipeline.yaml").string();
  std::ofstream file(out);
  file << fmt::format(fmt::runtime(pipeline_text), fmt::arg("brokers", brokers),
                      fmt::arg("port", files.port.empty() ? "" : ", site/port.yaml"),
                      fmt::arg("sigma", files.sigma.empty() ? "" : sigma_text));
  if (!error && file.flush()) return Status::good();
  return Status::of(Fault::storage,
                    fmt::format("{}: {}", directory.string(), error ? error.message() : "could not be written"));
}

}  // namespace vigia
