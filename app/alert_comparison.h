// Holds the alerts that were derived again against those that were published: byte for byte, key, payload and headers.
// Alerts are told apart by id and revision. Pure; what had to be there is the caller's to say.
//
//   published(...)        everything on the alert topic, up to some moment
//   derived(...)          everything that the epochs up to then, or later, gave
//   published_later(...)  what has come to the topic since: it only answers for what was derived
//   finish()              what differs
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "connectors/alert_record.h"
#include "connectors/journal.h"

namespace vigia {

// A record of the alert topic.
struct PublishedAlert {
  PartitionId partition;
  Offset offset;
  AlertRecord record;
  std::optional<Alert> alert;  // what the payload says; empty: it is no alert
  std::string trouble;         // then: why not
  TimeMs detected_ms = 0;      // the alert's; of what is no alert the record's timestamp
};

// An alert with the epoch that gave it.
struct DerivedAlert {
  Alert alert;
  AlertRecord record;  // as the sink would have written it
  std::shared_ptr<const JournalEntry> epoch;
};

struct AlertDifference {
  enum class Kind : std::uint8_t { not_published, not_derived, other_bytes, twice };

  Kind kind = Kind::not_published;
  std::optional<DerivedAlert> derived;      // empty: not_derived
  std::optional<PublishedAlert> published;  // empty: not_published
};

class AlertComparison {
 public:
  // `each_once`: a revision that was published twice is a difference even when the bytes are the same.
  AlertComparison(std::string application, RecordFormat format, bool each_once)
      : application_(std::move(application)), format_(format), each_once_(each_once) {}

  void published(PublishedAlert alert, bool must_be_derived);
  void derived(const Alert& alert, const std::shared_ptr<const JournalEntry>& epoch, bool must_be_published);
  void published_later(PublishedAlert alert);

  // Whether something that had to be derived was not yet; published likewise.
  [[nodiscard]] bool lacks_derived() const { return underived_ > 0; }
  [[nodiscard]] bool lacks_published() const { return !missing_.empty(); }

  struct Result {
    std::optional<AlertDifference> first;  // that of the earliest detected_ms, then of the smallest id and revision
    std::uint64_t differences = 0;
    std::uint64_t derived = 0;  // revisions that had to be published
  };
  // REQUIRES: nothing comes any more.
  [[nodiscard]] Result finish();

 private:
  struct Published {
    std::vector<PublishedAlert> copies;  // in the order of reading
    bool must_be_derived = false;
    bool is_derived = false;
  };
  using Order = std::tuple<TimeMs, std::string, std::uint32_t, Offset>;

  void compare(const DerivedAlert& derived, const PublishedAlert& published);
  void add(AlertDifference difference);

  std::string application_;
  RecordFormat format_;
  bool each_once_;
  std::map<std::string, Published> published_;   // by id and revision
  std::map<std::string, DerivedAlert> missing_;  // likewise: had to be published, and were not found yet
  std::size_t underived_ = 0;
  Order first_order_;
  Result result_;
};

}  // namespace vigia
