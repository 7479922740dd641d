#include "app/demo_screen.h"

#include <unistd.h>

#include <cstdio>
#include <utility>

#include <fmt/format.h>

#include "app/progress_bar.h"
#include "app/time_text.h"

namespace vigia {
namespace {

using std::chrono::duration;
using std::chrono::steady_clock;

constexpr int lines_per_s = 6;  // more can't be read
constexpr std::size_t waiting_max = 12;
constexpr int bar_width = 20;
constexpr double report_every_s = 5;  // in a pipe

std::string_view verb_of(const Alert& alert) {
  switch (alert.status) {
    case schema::AlertStatus::provisional: return alert.revision == 1 ? "raised?" : "corrected?";
    case schema::AlertStatus::confirmed: return alert.revision == 1 ? "raised" : "confirmed";
    case schema::AlertStatus::withdrawn: return "withdrawn";
    case schema::AlertStatus::cleared: return alert.revision == 1 ? "found" : "ended";
  }
  return "";
}

std::string_view colour_of(const Alert& alert) {
  if (alert.status == schema::AlertStatus::withdrawn) return "\x1b[36m";
  if (alert.status == schema::AlertStatus::cleared) return "\x1b[2m";
  return alert.severity >= schema::Severity::critical ? "\x1b[1;31m"
         : alert.severity >= schema::Severity::high   ? "\x1b[33m"
                                                      : "";
}

std::string late_words(TimeMs late_ms) {
  return late_ms < 60'000 ? std::string() : fmt::format("  ({} min late)", late_ms / 60'000);
}

}  // namespace

DemoScreen::DemoScreen(std::string zone) : timezone_(std::move(zone)), terminal_(is_terminal(STDOUT_FILENO)) {}

void DemoScreen::alert(const Alert& alert) {
  const std::lock_guard lock(mutex_);
  if (alert.revision == 1) {
    ++raised_;
  } else if (alert.status == schema::AlertStatus::withdrawn) {
    ++withdrawn_;
  } else {
    ++corrected_;
  }
  const bool worth_a_line = alert.severity >= schema::Severity::high || alert.status == schema::AlertStatus::withdrawn;
  if (!worth_a_line || waiting_.size() >= waiting_max) {
    ++left_out_;
    return;
  }
  const std::string time = format_time(alert.detected_ms, timezone_);
  const std::string text =
      fmt::format("{}  {:<10} {:<8} {:<18} {}{}", time.size() > 11 ? time.substr(11) : time, verb_of(alert),
                  schema::EnumNameSeverity(alert.severity), alert.kind, alert.subject_id, late_words(alert.late_by_ms));
  waiting_.push_back(terminal_ ? fmt::format("{}{}\x1b[0m", colour_of(alert), text) : text);
}

void DemoScreen::draw(const DemoProgress& progress) {
  const std::lock_guard lock(mutex_);
  const auto now = steady_clock::now();
  if (duration<double>(now - lines_since_).count() >= 1) {
    lines_since_ = now;
    lines_ = 0;
  }
  if (terminal_) fmt::print("\r\x1b[K");
  for (; !waiting_.empty() && lines_ < lines_per_s; ++lines_) {
    fmt::print("{}\n", waiting_.front());
    waiting_.pop_front();
  }
  const double passed_s = duration<double>(now - drawn_).count();
  if (passed_s > 0) {
    const double rate = static_cast<double>(progress.processed - processed_) / passed_s;
    per_s_ = per_s_ == 0 ? rate : per_s_ * 0.8 + rate * 0.2;
  }
  drawn_ = now;
  processed_ = progress.processed;
  if (terminal_) {
    fmt::print("{}", bottom_line(progress));
  } else if (duration<double>(now - reported_).count() >= report_every_s) {
    reported_ = now;
    fmt::print("{}\n", bottom_line(progress));
  }
  std::fflush(stdout);
}

std::string DemoScreen::bottom_line(const DemoProgress& progress) {
  const std::string time = format_time(progress.clock_ms, timezone_);
  std::string bar;
  if (terminal_) {
    const int filled = static_cast<int>(progress.share * bar_width);
    bar = fmt::format("[{:=<{}}{: <{}}] ", "", filled, "", bar_width - filled);
  }
  return fmt::format("{}{} {:>6.0f} events/s, {} of {} judged; alerts: {} raised, {} corrected, {} withdrawn", bar,
                     time.size() > 11 ? time.substr(11, 5) : time, per_s_, progress.processed, progress.sent, raised_,
                     corrected_, withdrawn_);
}

void DemoScreen::finish() {
  const std::lock_guard lock(mutex_);
  if (terminal_) fmt::print("\r\x1b[K");
  left_out_ += waiting_.size();
  if (left_out_ > 0) fmt::print("... and {} revisions of less severe alerts, or too many to read\n", left_out_);
  std::fflush(stdout);
}

}  // namespace vigia
