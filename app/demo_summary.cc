#include "app/demo_summary.h"

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

#include "app/ground_truth.h"
#include "app/state_location.h"
#include "app/store_followers.h"
#include "connectors/alert_store.h"

namespace vigia {
namespace {

constexpr TimeMs tolerance_ms = 90'000;  // the truth is good to a ping; two confirm a deviation

void print_account(const DemoOutcome& outcome) {
  const Account& account = outcome.account;
  fmt::print("\nEvents\n");
  fmt::print("  sent to Kafka         {:>9}\n", outcome.sent);
  fmt::print("  read by the engine    {:>9}   ({:.0f} s)\n", account.decoded + account.unreadable, outcome.seconds);
  fmt::print("    applied             {:>9}\n", account.applied);
  fmt::print("    duplicate           {:>9}\n", account.duplicate);
  fmt::print("    too late            {:>9}   kept on vigia.too-late\n", account.too_late);
  fmt::print("    dead letter         {:>9}   kept on vigia.dead-letters\n", account.dead_letter);
  fmt::print("  {}\n", account.adds_up() ? "The account adds up." : "THE ACCOUNT DOES NOT ADD UP.");
  if (!outcome.complete) fmt::print("  The demo was ended before every event was read.\n");
}

void print_alerts(const std::vector<GroundTruth>& truth, const std::vector<Alert>& alerts) {
  fmt::print("\nAlerts against what the simulator did\n");
  fmt::print("  {:<20} {:>8} {:>8} {:>11}   {:>9} {:>9} {:>11} {:>9}\n", "kind", "happened", "found", "unexplained",
             "confirmed", "cleared", "provisional", "withdrawn");
  for (const auto& [kind, score] : score(truth, alerts, tolerance_ms)) {
    fmt::print("  {:<20} {:>8} {:>8} {:>11}   {:>9} {:>9} {:>11} {:>9}\n", kind, score.happened, score.found,
               score.unexplained, score.confirmed, score.cleared, score.provisional, score.withdrawn);
  }
}

void print_hints(const DemoOutcome& outcome, const std::vector<Alert>& alerts) {
  const auto withdrawn = std::ranges::find(alerts, schema::AlertStatus::withdrawn, &Alert::status);
  const std::string subject = withdrawn != alerts.end() ? withdrawn->subject_id
                              : alerts.empty()          ? "SEAL-00001"
                                                        : alerts.front().subject_id;
  fmt::print("\nEverything lies in {}\n", outcome.directory.string());
  fmt::print("  pipeline.yaml, site/   the configuration      events.jsonl   what was sent, as a recording\n");
  fmt::print("  state/                 alerts, snapshots      truth.jsonl    what really happened\n");
  fmt::print("  engine.log             what the engine logged\n");
  fmt::print("\nTry next\n");
  fmt::print("  vigia alerts --config {} --kind unauthorized_stop\n", outcome.pipeline);
  fmt::print("  vigia alerts --config {} --subject {} --all-revisions\n", outcome.pipeline, subject);
  if (!alerts.empty()) {
    const Alert& shown = withdrawn != alerts.end() ? *withdrawn : alerts.front();
    fmt::print("  vigia explain --config {} {}\n", outcome.pipeline, shown.alert_id.substr(0, 8));
  }
  fmt::print("  vigia state  --config {} {}\n", outcome.pipeline, subject);
  fmt::print("  vigia replay --config {} --input {} --output -\n", outcome.pipeline,
             (outcome.directory / "events.jsonl").string());
  fmt::print("  Your own Kafka: copy config/customs.yaml, name your brokers and topics, vigia run --config it.\n");
}

}  // namespace

Status print_demo_summary(const DemoOutcome& outcome) {
  const ScratchDirectory scratch;
  AlertStore store;
  const std::string directory = alert_directory((outcome.directory / "state").string());
  if (Status status = store.open_secondary(directory, scratch.path()); !status.ok()) return status;
  std::vector<Alert> alerts;
  Status status = store.query({}, [&](const Alert& alert) {
    alerts.push_back(alert);
    return true;
  });
  if (!status.ok()) return status;
  print_account(outcome);
  print_alerts(outcome.truth, alerts);
  print_hints(outcome, alerts);
  std::fflush(stdout);
  return Status::good();
}

}  // namespace vigia
