// Which librdkafka properties a pipeline may set.
#pragma once

#include <string>

namespace vigia {

// What is wrong with setting `name` to `value`, for "expected"; empty when it may be. Properties that would lose data,
// or that follow from another key of the pipeline, may not be set; whether the others exist, librdkafka says.
[[nodiscard]] std::string kafka_property_problem(const std::string& name, const std::string& value);

}  // namespace vigia
