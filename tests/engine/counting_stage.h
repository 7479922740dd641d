// A stage without any domain, to test the engine with: numbers that devices send, and limits that hold from their time
// on. Its records are text: "TIME,SEQUENCE,VALUE" or "TIME,SEQUENCE,VALUE,buffered"; several of them joined by ';' are a
// batch. Topic 0 carries numbers, topic 1 limits (never too late, like everything that is not a device's).
//
//   high    from the first number above the limit to the first that is not
//   quiet   two numbers further apart than quiet_ms; the clock raises it earlier as provisional
//   tenth   each tenth even number since the last high one, an instant: one more or less changes all that follow
//   spike   the number 999, an instant, and an alarm: never too late
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/keyed_task.h"

namespace vigia::counting {

enum CountingRule : std::uint16_t { high = 0, quiet = 1, spike = 2, tenth = 3 };

inline constexpr TimeMs quiet_ms = 60'000;
inline constexpr std::int64_t spike_value = 999;
inline constexpr std::int64_t default_limit = 100;
inline constexpr std::int64_t largest_plain_value = 1'000'000;  // larger ones are kept as extended entries

struct Number {
  std::int64_t value = 0;
};

struct Limit {
  TimeMs at_ms = no_time_ms;
  std::int64_t value = default_limit;
  friend auto operator<=>(const Limit&, const Limit&) = default;
};

// Sorted, each once.
struct Limits {
  std::vector<Limit> all;

  [[nodiscard]] std::int64_t at(TimeMs time_ms, std::int64_t value) const {
    for (const auto& limit : all)
      if (limit.at_ms <= time_ms) value = limit.value;
    return value;
  }
};

struct CountingState {
  TimeMs last_ms = no_time_ms;
  std::int32_t is_high = 0;
  std::int32_t evens_since_high = 0;
};

class CountingDecoder;
class CountingChange;

// What another configuration may say.
struct CountingRules {
  std::int64_t limit = default_limit;  // of numbers that no limit has come for
  unsigned without = 0;                // a bit for each rule that it does not have

  [[nodiscard]] bool has(std::uint16_t rule) const { return (without >> rule & 1) == 0; }
};

class CountingStage {
 public:
  using Payload = Number;
  using Context = Limits;
  using Decoder = CountingDecoder;
  using Change = CountingChange;
  using EventRow = Row<Number>;
  static constexpr std::uint8_t plain_stream_rank = 1;

  // With weak_hash all keys have one hash.
  explicit CountingStage(const LatenessSettings& settings, bool weak_hash = false, const CountingRules& rules = {})
      : settings_(settings), weak_hash_(weak_hash), rules_(rules) {}

  [[nodiscard]] const CountingRules& rules() const { return rules_; }

  [[nodiscard]] KeyHash hash(std::string_view key) const {
    return KeyHash{weak_hash_ ? 7 : std::hash<std::string_view>{}(key)};
  }
  [[nodiscard]] std::uint64_t fingerprint() const { return 1; }
  [[nodiscard]] std::size_t area_bytes() const { return sizeof(std::uint64_t); }
  [[nodiscard]] std::size_t state_bytes() const { return sizeof(CountingState); }
  void new_area(std::byte* area) const { new (area) std::uint64_t{0}; }
  void new_state(std::byte* state) const { new (state) CountingState; }

  [[nodiscard]] bool compact(const Number& number, CompactPayload& out) const {
    out = {static_cast<std::int32_t>(number.value), 0, 0};
    return number.value >= -largest_plain_value && number.value <= largest_plain_value;
  }
  void expand(const CompactPayload& compact, Number& out) const { out.value = compact.a; }
  void write_payload(const Number& number, std::string& side) const { ByteWriter(side).put(number.value); }
  void read_payload(std::string_view side, const EventHead&, Number& out) const {
    out.value = ByteReader(side).get<std::int64_t>();
  }

  [[nodiscard]] AbsorbEffect absorb(std::unique_ptr<Limits>& limit, const EventHead& head, const Number& number) const;
  void arrived(std::byte* area, std::unique_ptr<Limits>&, const EventHead&, const Number&, Emitter&) const {
    ++*reinterpret_cast<std::uint64_t*>(area);
  }
  void apply(std::byte* state, std::byte* area, const EventHead& head, const Number& number,
             const std::unique_ptr<Limits>& limit, Emitter& emitter) const;
  void deadlines(const std::byte* state, const std::byte*, Deadlines& out) const {
    const auto last_ms = reinterpret_cast<const CountingState*>(state)->last_ms;
    if (last_ms != no_time_ms) out.offer(last_ms + quiet_ms);
  }
  void episodes(const JudgeInput<Limits>& input, Judgement& out) const;
  void judge_alone(const EventRow& row, std::vector<Episode>& out) const;

  [[nodiscard]] std::pair<std::string_view, std::string_view> names_of(std::uint16_t rule) const {
    return {"counting", rule == high ? "high" : rule == quiet ? "quiet" : rule == spike ? "spike" : "tenth"};
  }
  [[nodiscard]] bool is_internal(std::uint16_t) const { return false; }
  [[nodiscard]] Alert describe(const ToldAlert& told, std::string_view key, const Limits* limit) const;
  void trim(Limits&, TimeMs) const {}
  [[nodiscard]] std::size_t context_bytes(const Limits& limits) const {
    return sizeof limits + limits.all.capacity() * sizeof(Limit);
  }
  void write_context(const Limits& limits, ByteWriter& out) const { image::put_all(out, &limits.all); }
  [[nodiscard]] std::unique_ptr<Limits> read_context(ByteReader& in, std::uint8_t) const {
    auto limits = std::make_unique<Limits>();
    image::get_all(in, limits->all);
    return limits;
  }

  struct KeyFacts {
    std::string_view key;
    TimeMs last_ms, clock_ms;
    const Limits* context;
    const Ledger* ledger;
    const AlertBook* book;
    const std::byte* state;
    const std::byte* area;
    std::uint32_t owed_numbers;
    std::uint32_t kept_events;
  };
  // "owed N kept M arrived K"
  [[nodiscard]] std::string describe_key(const KeyFacts& facts) const;

 private:
  LatenessSettings settings_;
  bool weak_hash_;
  CountingRules rules_;
};

class CountingChange {
 public:
  CountingChange(const CountingStage& before, const CountingStage& after) : before_(before), after_(after) {}

  void carry(const std::byte* old_state, const std::byte* old_area, std::byte* state, std::byte* area,
             std::unique_ptr<Limits>& limits, std::unique_ptr<Ledger>& ledger) const;
  [[nodiscard]] bool move(Episode& told, std::string_view, const Limits*) const {
    return told.rule != no_rule && after_.rules().has(told.rule);
  }
  [[nodiscard]] bool is_changed(std::uint16_t rule) const {
    return rule == high && before_.rules().limit != after_.rules().limit;
  }
  [[nodiscard]] bool hears_again() const { return false; }
  [[nodiscard]] Alert describe_end(const ToldAlert& told, std::string_view key, const Limits* limits) const;

 private:
  const CountingStage& before_;
  const CountingStage& after_;
};

class CountingDecoder {
 public:
  explicit CountingDecoder(const CountingStage& stage) : stage_(stage) {}
  void begin() {}

  template <class Emit>
  void decode(const InputRecord& record, Row<Number>& row, Emit&& emit, std::vector<RejectedRecord>& rejected,
              Account& account) {
    row.key = record.key;
    row.hash = stage_.hash(record.key);
    row.head.broker_ms = record.broker_ms;
    row.head.evidence = {record.topic, record.partition, record.offset};
    row.is_device = record.topic.value == 0;
    row.head.stream_rank = row.is_device ? 1 : 0;
    row.head.clock_fault = false;
    const bool is_batch = record.value.find(';') != std::string_view::npos;
    auto rest = record.value;
    for (std::int32_t index = 0; index == 0 || !rest.empty(); ++index) {
      const auto text = rest.substr(0, rest.find(';'));
      rest.remove_prefix(std::min(rest.size(), text.size() + 1));
      row.event_index = is_batch ? index : -1;
      if (read(text, row)) {
        emit(std::as_const(row));
        continue;
      }
      ++(is_batch ? account.decoded : account.unreadable);
      ++account.dead_letter;
      rejected.push_back({RejectKind::dead_letter, &record, row.event_index, "not three numbers"});
    }
  }

 private:
  [[nodiscard]] static bool read(std::string_view text, Row<Number>& row);

  const CountingStage& stage_;
};

// The defaults of a pipeline: a day, ten minutes, five minutes.
inline constexpr LatenessSettings usual_lateness{24 * 3'600'000LL, 600'000, 300'000};

[[nodiscard]] std::unique_ptr<Task> make_counting_task(unsigned threads = 1,
                                                       const LatenessSettings& settings = usual_lateness,
                                                       bool weak_hash = false, const ColdStoreMaker& stores = {},
                                                       const CountingRules& rules = {});

}  // namespace vigia::counting
