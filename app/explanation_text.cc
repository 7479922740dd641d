#include "app/explanation_text.h"

#include <fmt/format.h>

#include <set>

#include "app/revision_story.h"
#include "app/time_text.h"
#include "schemas/enum_names.h"
#include "schemas/utf8.h"

namespace vigia {
namespace {

constexpr std::size_t label_width = 13;
constexpr std::size_t most_events = 20;  // of a batch that are shown

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80; }

// How many bytes of `text` stand on a line of `room` characters.
std::size_t line_length(std::string_view text, std::size_t room) {
  std::size_t at = 0, good = 0;
  for (std::size_t characters = 0; at < text.size(); ++characters) {
    if (text[at] == ' ') good = at;
    if (characters == room) return good > 0 ? good : at;
    const bool is_comma = text[at] == ',';
    do ++at;
    while (at < text.size() && is_continuation(text[at]));
    if (is_comma) good = at;
  }
  return at;
}

// Draws one explanation.
class Drawing {
 public:
  Drawing(const Explanation& explanation, std::size_t width) : e_(explanation), width_(width) {}

  std::string draw() {
    head(e_.revisions.back());
    for (std::size_t i = 0; i < e_.revisions.size(); ++i) {
      revision(i == 0 ? nullptr : &e_.revisions[i - 1], e_.revisions[i]);
    }
    rule();
    return std::move(out_);
  }

 private:
  void line(std::string_view label, std::string_view text) {
    append_wrapped(out_, fmt::format("  {:<{}} ", label, label_width), text, width_);
  }
  void more(std::string_view text) { line("", text); }
  void optional(std::string_view label, const std::string& text) {
    if (!text.empty()) line(label, text);
  }
  [[nodiscard]] std::string time(TimeMs time_ms) const { return format_time(time_ms, e_.timezone); }

  void head(const Alert& alert) {
    out_ += fmt::format("alert {}\n", alert.alert_id);
    append_wrapped(out_, "  ",
                   fmt::format("{} of {} {}: {}", alert.kind, alert.subject_type, alert.subject_id, alert.message),
                   width_);
    out_ += '\n';
    line("status", fmt::format("{}, revision {}", schema::EnumNameAlertStatus(alert.status), alert.revision));
    line("severity",
         fmt::format("{}, {}", schema::EnumNameSeverity(alert.severity), schema::EnumNameCategory(alert.category)));
    line("start", fmt::format("{} ({})", time(alert.start_ms), e_.timezone));
    if (alert.end_ms == alert.start_ms) {
      line("end", "at once");
    } else if (alert.end_ms == 0) {
      line("end", end_words(alert, e_.timezone));
    } else {
      line("end", fmt::format("{}, after {}", time(alert.end_ms), length_words(alert.end_ms - alert.start_ms)));
    }
    if (alert.position != nullptr)
      line("position", fmt::format("{:.6f}, {:.6f}", alert.position->lat_deg, alert.position->lon_deg));
    optional("site", alert.site_id);
    optional("trip", alert.trip_id);
    optional("cause", alert.cause);
    for (const auto& attribute : alert.attributes) line(attribute->key, attribute->value);
  }

  void revision(const Alert* before, const Alert& now) {
    out_ += fmt::format("\nrevision {}: {}\n", now.revision, schema::EnumNameAlertStatus(now.status));
    const std::uint32_t expected = before == nullptr ? 1 : before->revision + 1;
    if (now.revision > expected) {
      line("missing",
           fmt::format("the store does not have {}",
                       now.revision == expected + 1 ? fmt::format("revision {}", expected)
                                                    : fmt::format("revisions {} to {}", expected, now.revision - 1)));
    }
    line("why", why_of(before, now));
    line("detected", now.late_by_ms > 0 ? fmt::format("{}, by an event that came {} late", time(now.detected_ms),
                                                      length_words(now.late_by_ms))
                                        : time(now.detected_ms));
    if (before == nullptr) {
      optional("cause", now.cause);
      optional("message", now.message);
    } else {
      changes(*before, now);
    }
    const auto places = evidence_of(now);
    for (const EvidencePlace& place : places) record(place, now);
    if (places.empty()) line("records", "none: it was the clock");
  }

  void changes(const Alert& before, const Alert& now) {
    const auto all = changes_of(before, now, e_.timezone);
    if (all.empty()) line("changed", "nothing that is shown");
    for (const RevisionChange& change : all) {
      line(&change == all.data() ? "changed" : "", fmt::format("{}: {} -> {}", change.what, change.from, change.to));
    }
  }

  void record(const EvidencePlace& place, const Alert& alert) {
    const ExplainedRecord& explained = e_.records.at(place);
    const std::string where = fmt::format("{}/{} at offset {}", place.topic, place.partition, place.offset);
    if (explained.from == ExplainedRecord::From::nowhere) return line("record", where + ": " + explained.missing);
    if (!shown_.insert(place).second) return line("record", where + ", as above");
    const EvidenceRecord& record = explained.record;
    line("record",
         fmt::format("{}, {}, key {}{}", where, time(record.timestamp_ms),
                     is_utf8(record.key) ? record.key : fmt::format("of {} bytes", record.key.size()),
                     explained.from == ExplainedRecord::From::kafka ? " (from Kafka, not from the store)" : ""));
    content(explained, alert);
  }

  void content(const ExplainedRecord& explained, const Alert& alert) {
    if (!explained.record.value) return more("without a value");
    const RecordContent& content = explained.content;
    if (!content.problem.empty())
      return more(fmt::format("{} bytes that can't be shown: {}", explained.record.value->size(), content.problem));
    if (!content.is_batch) return more(content.json);
    std::size_t own = 0;
    for (const auto& event : content.events) own += event.seal_id == alert.subject_id ? 1 : 0;
    more(fmt::format("a batch of {} events, {} of them of {}", content.events.size(), own, alert.subject_id));
    std::size_t shown = 0;
    for (const auto& event : content.events) {
      if (event.seal_id != alert.subject_id) continue;
      if (++shown > most_events) return more(fmt::format("and {} more", own - most_events));
      more(event.json);
    }
  }

  void rule() {
    const ExplainedRule& explained = e_.rule;
    out_ += fmt::format("\nrule {}\n", e_.revisions.back().rule_id);
    if (explained.rule) {
      line("kind", explained.rule->kind);
      line("severity", schema::EnumNameSeverity(explained.rule->severity));
      line("scope", explained.rule->scope == Scope::always ? "always" : "trip");
      for (const auto& [name, text] : explained.parameters()) line(name, text);
      line("hash", explained.hash);
    } else if (explained.sigma) {
      const SigmaHead& sigma = *explained.sigma;
      optional("title", sigma.title);
      optional("name", sigma.name);
      line("file", fmt::format("{}:{}", sigma.file, sigma.line));
      line("severity", schema::EnumNameSeverity(sigma.severity));
      line("hash", explained.hash);
    }
    line("compared", explained.remark);
  }

  const Explanation& e_;
  std::size_t width_;
  std::set<EvidencePlace> shown_;
  std::string out_;
};

}  // namespace

void append_wrapped(std::string& out, const std::string& lead, std::string_view text, std::size_t width) {
  const std::size_t room = width > lead.size() + 20 ? width - lead.size() : 20;
  out += lead;
  bool is_first = true;
  do {
    if (!is_first) out.append(lead.size(), ' ');
    is_first = false;
    const std::size_t length = line_length(text, room);
    out += text.substr(0, length);
    out += '\n';
    text.remove_prefix(length);
    if (text.starts_with(' ')) text.remove_prefix(1);
  } while (!text.empty());
}

std::string explanation_text(const Explanation& explanation, std::size_t width) {
  return Drawing(explanation, width).draw();
}

}  // namespace vigia
