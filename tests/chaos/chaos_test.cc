#include "chaos_test.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <random>
#include <set>

#include "alert_checks.h"
#include "broker_fixture.h"
#include "connectors/dead_letters.h"

namespace vigia::test {

namespace {

constexpr std::int32_t alert_partitions = 2;
constexpr auto catch_up_limit = patience;
constexpr auto last_alerts_limit = patience;  // once all input is committed: of the second stage

std::uint64_t drawn_seed() {
  const char* given = std::getenv("VIGIA_CHAOS_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()() % 1'000'000;
}

std::string test_name() {
  const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
  std::string name = fmt::format("{}.{}", info->test_suite_name(), info->name());
  std::replace(name.begin(), name.end(), '/', '-');
  return name;
}

void expect_nothing(const std::string& found, const std::string& where) {
  EXPECT_TRUE(found.empty()) << where << ":\n" << found;
}

}  // namespace

void ChaosTest::SetUp() {
  VIGIA_NEED_BROKER(outside().status());
  outside().heal();
  seed_ = drawn_seed();
  dice_.emplace(seed_);
  std::cout << "seed " << seed_ << " (again with VIGIA_CHAOS_SEED=" << seed_ << ")" << std::endl;
}

void ChaosTest::TearDown() {
  feeder_.reset();
  for (const auto& engine : engines_) engine->kill();
  watcher_.reset();
  if (HasFailure()) keep_what_is_left();
}

void ChaosTest::begin(const RunSetting& setting) {
  static int count = 0;
  setting_ = setting;
  application_ = fmt::format("chaos.{}.{}", ::getpid(), ++count);
  kafka_ = std::make_unique<KafkaTestClient>(outside().straight());
  kafka_->create_topic(topic("seals"), setting.partitions);
  kafka_->create_topic(topic("trips"), setting.partitions);
  kafka_->create_topic(topic("alerts"), alert_partitions);
  write_site();
  for (int i = 0; i < setting.instances; ++i) {
    const std::string name = fmt::format("engine-{}", i);
    engines_.push_back(std::make_unique<Instance>(name, write_pipeline(name, setting.standby)));
  }
  watcher_ = std::make_unique<Watcher>(outside().straight(), topic("alerts"), alert_partitions);
  feeder_ = std::make_unique<Feeder>(FeederOptions{outside().straight(),
                                                   topic("seals"),
                                                   topic("trips"),
                                                   {seed_, setting.seals, setting.partitions},
                                                   setting.ticks_a_second});
  for (int i = 0; i < setting.started; ++i) engines_[static_cast<std::size_t>(i)]->start();
}

// Beside the roads the correlations: of alerts one by one, and of a seal's message with no alert about it before. Their incidents
// are instants, for with the clock of the records nothing tells the correlation stage after the last signal that time goes on.
void ChaosTest::write_site() {
  directory_.write("routes.geojson", load_routes_geojson());
  directory_.write("incidents.yml", R"(name: stood_still
logsource: { product: vigia, service: alert }
detection: { s: { kind: unauthorized_stop }, condition: s }
---
name: left_the_road
logsource: { product: vigia, service: alert }
detection: { s: { kind: route_deviation }, condition: s }
generate: true
---
name: lock_cut
logsource: { product: vigia, service: seal }
detection: { s: { lock: tampered }, condition: s }
---
name: cut_on_the_road
correlation:
  type: absence
  direction: before
  rules: [lock_cut, left_the_road]
  group-by: [seal]
  timespan: 20m
  aliases: { seal: { lock_cut: seal_id, left_the_road: subject_id } }
)");
}

// Times are short, so that what waits for them does not take long.
std::string ChaosTest::write_pipeline(const std::string& instance, int standby) {
  return directory_.write(
      instance + ".yaml",
      fmt::format(R"(application: {0}
kafka:
  brokers: "{1}"
  create_topics: true
  properties:
    session.timeout.ms: 3000
    heartbeat.interval.ms: 500
    message.timeout.ms: 4000
    transaction.timeout.ms: 5000
    socket.timeout.ms: 3000
    reconnect.backoff.max.ms: 500
delivery: {3}
timezone: UTC
time: {{ horizon: 24h, allowed_lateness: 10m, clock: records }}
state: {{ directory: state-{2}, snapshot_every: 1s, standby: {4}, memory_budget: 1GiB }}
site: [routes.geojson]
sources:
  - {{ topic: {0}.seals, stream: seal, format: json, partitioner: murmur2 }}
  - {{ topic: {0}.trips, stream: trip, format: json, partitioner: murmur2 }}
outputs: {{ alerts: {0}.alerts, alert_state: {0}.state, dead_letters: {0}.dead, too_late: {0}.late,
           signals: {0}.signals, format: json }}
rules:
  - {{ id: tampered, kind: seal_tampered, scope: always }}
  - {{ id: removed, kind: seal_removed, scope: always }}
  - {{ id: opened, kind: seal_opened }}
  - {{ id: stop, kind: unauthorized_stop, limit: 5m, radius_m: 100 }}
  - {{ id: corridor, kind: route_deviation, confirmations: 2 }}
  - {{ id: signal, kind: signal_lost, interval: 6m }}
  - {{ id: delayed, kind: trip_delayed }}
  - {{ id: jammed, kind: seal_condition, conditions: [jamming] }}
  - {{ id: quality, kind: service_quality, required: 2m }}
sigma: [incidents.yml]
)",
                  application_, outside().proxied(), instance,
                  std::getenv("VIGIA_CHAOS_DELIVERY") != nullptr ? std::getenv("VIGIA_CHAOS_DELIVERY") : "exactly_once",
                  standby));
}

bool ChaosTest::progress(std::size_t count, std::chrono::steady_clock::duration limit) {
  const std::size_t before = watcher_->count();
  if (wait_until([&] { return watcher_->count() >= before + count; }, limit)) return true;
  if (feeder_->failed()) feeder_->finish();  // throws
  return false;
}

std::int64_t ChaosTest::committed() {
  std::int64_t total = 0;
  for (const auto* name : {"seals", "trips"}) {
    for (const auto& [partition, offset] : kafka_->committed(application_, topic(name), setting_.partitions))
      total += std::max<std::int64_t>(offset, 0);
  }
  return total;
}

void ChaosTest::judge() {
  outside().heal();
  for (const auto& engine : engines_) {
    if (engine->frozen()) engine->thaw();
    if (!engine->running()) engine->start();
  }
  feeder_->finish();
  const Replayed replayed = replay_topics(*kafka_, {topic("trips"), topic("seals")}, engine().config(), directory_);
  std::cout << fmt::format("{} ticks, {} revisions, {} of them in the replay; {}", feeder_->ticks(), watcher_->count(),
                           replayed.revisions.size(), to_text(replayed.account))
            << std::endl;
  EXPECT_EQ(replayed.account.too_late, 0u) << "the load must come within its time";
  EXPECT_EQ(replayed.account.dead_letter, 0u);
  wait_for_the_replayed(replayed);
  judge_account(replayed, stop_engines());

  const TopicLog later = by_partition(kafka_->read_all(topic("alerts")));
  std::size_t count = 0;
  for (const auto& [partition, records] : later) count += records.size();
  (void)wait_until([&] { return watcher_->count() >= count; });
  const TopicLog seen = watcher_->seen();
  write_alerts(seen);
  expect_nothing(broken_exactly_once(later), "read afterwards");
  expect_nothing(broken_exactly_once(seen), "watched meanwhile");
  expect_nothing(read_differently(seen, later), "watched and read afterwards");
  expect_nothing(other_than_replayed(replayed.revisions, alerts_of(later)), "against the replay");
}

// For whoever looks into a failed run.
void ChaosTest::write_alerts(const TopicLog& seen) {
  std::string text;
  for (const auto& [partition, records] : seen) {
    for (const auto& record : records)
      text += fmt::format("{}/{} {}\n", partition, record.offset, record.value.value_or(""));
  }
  directory_.write("alerts.txt", text);
}

void ChaosTest::wait_for_the_replayed(const Replayed& replayed) {
  EXPECT_TRUE(wait_until([&] { return committed() >= replayed.records; }, catch_up_limit))
      << committed() << " of " << replayed.records << " records are committed";
  std::size_t looked_at = 0;
  std::string difference = "nothing has come";
  const bool there = wait_until(
      [&] {
        if (watcher_->count() == looked_at) return false;
        looked_at = watcher_->count();
        difference = other_than_replayed(replayed.revisions, alerts_of(watcher_->seen()));
        return difference.empty();
      },
      last_alerts_limit, std::chrono::milliseconds(100));
  EXPECT_TRUE(there) << "the alerts have not become those of the replay:\n" << difference;
}

// One after another, so that the last one has everything at its end, and its account is that of all.
AccountSum ChaosTest::stop_engines() {
  Instance& last = *engines_.back();
  for (const auto& engine : engines_) {
    if (engine.get() == &last) {
      EXPECT_TRUE(wait_until([&] { return runs_all(last); })) << "the last engine has not taken over all partitions:\n"
                                                              << last.log_of_this_life();
    }
    EXPECT_EQ(engine->stop(), 0) << engine->name();
  }
  return last.account();
}

// By what it said last of its partitions.
bool ChaosTest::runs_all(const Instance& engine) const {
  std::string all = "seal-trip: running partitions 0";
  for (std::int32_t number = 1; number < setting_.partitions; ++number) all += fmt::format(", {}", number);
  const std::string log = engine.log_of_this_life();
  const auto running = log.rfind("seal-trip: running partitions");
  const auto without = log.rfind("seal-trip: partitions");  // given up, or lost
  return running != std::string::npos && (without == std::string::npos || without < running) &&
         log.compare(running, all.size() + 1, all + ":") == 0;
}

void ChaosTest::judge_account(const Replayed& replayed, const AccountSum& account) {
  EXPECT_EQ(account.applied + account.duplicate + account.too_late + account.dead_letter,
            account.decoded + account.unreadable)
      << to_text(account);
  AccountSum expected = replayed.account;
  expected.unreadable += replayed.poison;
  expected.dead_letter += replayed.poison;
  EXPECT_EQ(to_text(account), to_text(expected));
  std::multiset<std::string> poison, letters;
  for (const auto* name : {"seals", "trips"}) {
    for (const auto& record : kafka_->read_all(topic(name))) {
      if (record.key.starts_with(poison_key))
        poison.insert(fmt::format("{}/{}/{}", topic(name), record.partition, record.offset));
    }
  }
  for (const auto& record : kafka_->read_all(topic("dead")))
    letters.insert(record.header(topic_header) + "/" + record.header(partition_header) + "/" +
                   record.header(offset_header));
  EXPECT_EQ(letters, poison) << "dead letters";
}

void ChaosTest::keep_what_is_left() {
  const char* wanted = std::getenv("VIGIA_CHAOS_KEEP");
  const auto base =
      wanted != nullptr ? std::filesystem::path(wanted) : std::filesystem::temp_directory_path() / "vigia-chaos-failed";
  const auto place = base / fmt::format("{}-{}", test_name(), seed_);
  std::error_code error;
  std::filesystem::remove_all(place, error);
  std::filesystem::create_directories(place, error);
  std::filesystem::copy(directory_ / "", place, std::filesystem::copy_options::recursive, error);
  std::cout << "what is left of it: " << place.string() << std::endl;
}

}  // namespace vigia::test
