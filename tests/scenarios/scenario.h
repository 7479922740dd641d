// A scenario file as read: what goes in, and what must come out. The format is described in README.md beside this file.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/identity.h"
#include "tests/reference/load.h"

namespace vigia::scenarios {

// A record, and what the test knows about it.
struct Input {
  reference::Line line;
  std::optional<TimeMs> wall_ms;  // what the wall clock says when it is read
  bool raw = false;               // written as it is: the recomputation can't read it
};

struct ExpectedAlert {
  std::string kind, subject_id, status;
  TimeMs start_ms = 0;
  TimeMs end_ms = 0;
  std::map<std::string, std::string> more;  // rule, trip, cause, severity, zone, or attr.NAME
  std::size_t file_line = 0;
  std::optional<std::vector<TimeMs>> evidence_ms = {};  // broker times of the records that it must name
};

// The statuses that one alert goes through when every record is an epoch of its own.
struct ExpectedRevisions {
  std::string kind, subject_id;
  TimeMs first_start_ms = 0;
  std::vector<std::string> statuses;
  std::size_t file_line = 0;
};

struct Scenario {
  std::string name;
  std::string pipeline_yaml, zones_geojson, routes_geojson, site_yaml;  // file contents
  std::map<std::string, std::string> files;                             // more of them, by name
  std::vector<Input> inputs;
  std::optional<TimeMs> until_ms;
  std::vector<ExpectedAlert> alerts;
  std::vector<ExpectedRevisions> revisions;
  std::map<std::string, std::uint64_t> account;  // applied, duplicate, too_late, dead_letter: those that are given
  std::vector<std::string> dead_letters;         // parts of their reasons, in order
  std::vector<std::string> config_errors;        // parts of what is wrong with the pipeline; then nothing runs
  std::vector<std::string> config_warnings;      // parts of what it is warned of, when not empty
  bool any_order = false;                        // the same final alerts in any order of the records
  bool has_reference = true;                     // the recomputation must agree
};

}  // namespace vigia::scenarios
