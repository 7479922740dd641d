#include "engine/alert_book.h"

#include <numeric>

#include <xxhash.h>

namespace vigia {

AlertId make_alert_id(std::string_view application, std::string_view rule_id, std::string_view subject, TimeMs start_ms,
                      std::uint32_t discriminator, std::uint32_t attempt) {
  std::string identity;
  ByteWriter writer(identity);
  writer.put_text(application);
  writer.put_text(rule_id);
  writer.put_text(subject);
  writer.put(start_ms);
  writer.put(discriminator);
  writer.put(attempt);
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(identity.data(), identity.size()));
  AlertId id;
  std::copy(std::begin(canonical.digest), std::end(canonical.digest), id.begin());
  return id;
}

std::string hex(const AlertId& id) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text(2 * id.size(), '0');
  for (std::size_t i = 0; i < id.size(); ++i) {
    text[2 * i] = digits[id[i] >> 4];
    text[2 * i + 1] = digits[id[i] & 15];
  }
  return text;
}

bool same_content(const Episode& a, const Episode& b) {
  const auto same_degrees = [](double x, double y) { return x == y || (std::isnan(x) && std::isnan(y)); };
  return a.start_ms == b.start_ms && a.end_ms == b.end_ms && a.status == b.status && a.cause == b.cause &&
         a.context == b.context && a.value == b.value && same_degrees(a.lat_deg, b.lat_deg) &&
         same_degrees(a.lon_deg, b.lon_deg);
}

namespace {

bool is_withdrawn(const ToldAlert& alert) { return alert.last.status == schema::AlertStatus::withdrawn; }

// More than a touch in common; a point within an interval, or on another, counts.
bool overlaps(const Episode& a, const Episode& b) {
  const auto end_of = [](const Episode& e) { return e.end_ms == 0 ? never_ms : e.end_ms; };
  const auto from = std::max(a.start_ms, b.start_ms);
  const auto until = std::min(end_of(a), end_of(b));
  const bool is_point = a.start_ms == end_of(a) || b.start_ms == end_of(b);
  return from < until || (is_point && from == until);
}

}  // namespace

void sort_for_matching(std::vector<Episode>& episodes) {
  const auto end_of = [](const Episode& episode) { return episode.end_ms == 0 ? never_ms : episode.end_ms; };
  std::stable_sort(episodes.begin(), episodes.end(), [&](const Episode& a, const Episode& b) {
    return std::tuple(a.rule, a.discriminator, a.start_ms, end_of(a)) <
           std::tuple(b.rule, b.discriminator, b.start_ms, end_of(b));
  });
}

std::vector<int> match_alerts(const std::vector<ToldAlert>& alerts, const std::vector<Episode>& episodes) {
  std::vector<int> matched(episodes.size(), -1);
  std::vector<bool> taken(alerts.size(), false);
  const auto series_of = [](const Episode& e) { return std::tie(e.rule, e.discriminator); };
  const auto place_of = [](const Episode& e) { return std::tie(e.rule, e.discriminator, e.start_ms); };
  std::vector<std::size_t> standing, withdrawn;  // by series, then start
  for (std::size_t i = 0; i < alerts.size(); ++i) (is_withdrawn(alerts[i]) ? withdrawn : standing).push_back(i);
  for (auto* order : {&standing, &withdrawn})
    std::stable_sort(order->begin(), order->end(),
                     [&](std::size_t a, std::size_t b) { return place_of(alerts[a].last) < place_of(alerts[b].last); });
  // Each episode left takes the earliest alert left that fits, of those that are alike in `key`.
  const auto pass = [&](const std::vector<std::size_t>& order, auto&& key, auto&& fits) {
    for (std::size_t e = 0; e < episodes.size(); ++e) {
      if (matched[e] >= 0) continue;
      auto at = std::lower_bound(order.begin(), order.end(), episodes[e], [&](std::size_t a, const Episode& episode) {
        return key(alerts[a].last) < key(episode);
      });
      for (; at != order.end() && key(alerts[*at].last) == key(episodes[e]); ++at) {
        if (taken[*at] || !fits(alerts[*at].last, episodes[e])) continue;
        matched[e] = static_cast<int>(*at);
        taken[*at] = true;
        break;
      }
    }
  };
  pass(standing, place_of, overlaps);
  std::erase_if(standing,
                [&](std::size_t i) { return taken[i]; });  // nearly all of them: the next pass looks at whole series
  pass(standing, series_of, overlaps);
  pass(withdrawn, place_of, [](const Episode&, const Episode&) { return true; });
  return matched;
}

void AlertBook::forget(std::vector<Episode>& remaining, TimeMs end_ms) {
  sort_for_matching(remaining);
  std::vector<bool> keep(alerts.size(), false);
  for (const auto alert : match_alerts(alerts, remaining))
    if (alert >= 0) keep[static_cast<std::size_t>(alert)] = true;
  std::size_t at = 0;
  std::erase_if(alerts, [&](const ToldAlert& alert) {
    if (keep[at++]) return false;
    const bool keeps_its_id = is_withdrawn(alert) || alert.is_settled;
    return !keeps_its_id || std::max(alert.last.start_ms, alert.last.end_ms) < end_ms;
  });
}

}  // namespace vigia
