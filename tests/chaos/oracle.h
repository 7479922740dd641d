// What the alerts must be: those of `vigia replay`, on one thread, of the records that the topics hold.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/task.h"
#include "tests/connectors/temp_directory.h"
#include "tests/integration/kafka_test_client.h"

namespace vigia::test {

// Records whose key begins so make no sense: a replay does not get them, they are counted.
inline constexpr const char* poison_key = "poison";

// Counters of the account law (design section 2), as `run` and `replay` print them.
struct AccountSum {
  std::uint64_t decoded = 0, unreadable = 0, applied = 0, duplicate = 0, too_late = 0, dead_letter = 0;
  friend bool operator==(const AccountSum&, const AccountSum&) = default;
};

// The last account in a log; zeros when there is none.
[[nodiscard]] AccountSum account_in(const std::string& log);
[[nodiscard]] AccountSum operator+(const AccountSum& a, const AccountSum& b);
[[nodiscard]] std::string to_text(const AccountSum& account);

struct Replayed {
  std::vector<Alert> revisions;
  AccountSum account;
  std::uint64_t poison = 0;
  std::int64_t records = 0;  // offsets of the topics together, up to the last record
};

// `topics` in the order in which records of one time count.
[[nodiscard]] Replayed replay_topics(KafkaTestClient& kafka, const std::vector<std::string>& topics,
                                     const std::string& config, const TempDirectory& directory);

}  // namespace vigia::test
