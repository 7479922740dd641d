// Where the results of an epoch go: every alert to every sink, signals to the next stage, how alerts stand and replies
// to where consoles read them, what was rejected to its topics.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "connectors/alert_sink.h"
#include "connectors/dead_letters.h"
#include "connectors/signal_sink.h"
#include "connectors/triage_sink.h"
#include "engine/task.h"

namespace vigia {

class ResultDelivery {
 public:
  // Everything outlives the delivery. Without `signals` or `triage` there must be none. `watch` sees each revision once it is
  // announced; may be empty.
  ResultDelivery(std::vector<AlertSink*> sinks, DeadLetters& letters, SignalSink* signals, TriageSink* triage,
                 std::vector<std::string> topics, std::function<void(const Alert&)> watch = {})
      : sinks_(std::move(sinks)),
        letters_(letters),
        signals_(signals),
        triage_(triage),
        topics_(std::move(topics)),
        watch_(std::move(watch)) {}
  ResultDelivery(std::vector<AlertSink*> sinks, DeadLetters& letters, std::vector<std::string> topics,
                 std::function<void(const Alert&)> watch = {})
      : ResultDelivery(std::move(sinks), letters, nullptr, nullptr, std::move(topics), std::move(watch)) {}

  // Writes the results in their order; flush() waits until they are where they belong. After a fault the same may be
  // written again: what arrives twice is the same twice. One call at a time, from any thread.
  [[nodiscard]] Status write(std::span<const EpochResult> results);
  [[nodiscard]] Status flush();

  // Counts what was delivered and shows it to the watcher, in the caller's thread.
  void announce(std::span<const EpochResult> results);

  [[nodiscard]] std::uint64_t revisions() const { return revisions_; }

 private:
  std::vector<AlertSink*> sinks_;
  DeadLetters& letters_;
  SignalSink* signals_;
  TriageSink* triage_;
  std::vector<std::string> topics_;
  std::function<void(const Alert&)> watch_;
  bool wrote_alerts_ = false, wrote_rejected_ = false, wrote_signals_ = false,
       wrote_triage_ = false;  // since the last flush
  std::uint64_t revisions_ = 0;
};

}  // namespace vigia
