// The `rules` of a pipeline.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "connectors/pipeline_config.h"
#include "connectors/section_reader.h"

namespace vigia {

// Reads the rules and appends those that this version has operators for; the others are checked and left out with a
// warning. Adds the implicit rule clock_fault when a source holds devices and no rule is of that kind. The errors are
// noted at the reader. `sources_are_complete`: false when one of them could not be read; then no rule is told that its
// stream has none. Gives the line of each id.
std::map<std::string, int> read_rules(SectionReader& reader, const std::vector<YAML::Node>& nodes,
                                      std::span<const SourceSpec> sources, bool sources_are_complete,
                                      std::vector<RuleSpec>& out);

}  // namespace vigia
