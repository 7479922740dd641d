#include "app/alert_comparison.h"

#include <algorithm>

#include <fmt/format.h>

namespace vigia {
namespace {

// What is no alert has no id; it stands for itself.
std::string name_of(const PublishedAlert& published) {
  if (published.alert) return revision_id(*published.alert);
  return fmt::format("{}/{}", published.partition.value, published.offset.value);
}

}  // namespace

void AlertComparison::published(PublishedAlert alert, bool must_be_derived) {
  Published& all = published_[name_of(alert)];
  if (must_be_derived && !all.must_be_derived) {
    all.must_be_derived = true;
    ++underived_;
  }
  all.copies.push_back(std::move(alert));
}

void AlertComparison::derived(const Alert& alert, const std::shared_ptr<const JournalEntry>& epoch,
                              bool must_be_published) {
  if (must_be_published) ++result_.derived;
  const auto found = published_.find(revision_id(alert));
  if (found == published_.end()) {
    if (must_be_published) missing_.insert_or_assign(revision_id(alert), DerivedAlert{alert, {}, epoch});
    return;
  }
  Published& all = found->second;
  if (all.must_be_derived && !std::exchange(all.is_derived, true)) --underived_;
  if (!must_be_published && !all.must_be_derived) return;
  for (const PublishedAlert& copy : all.copies) compare({alert, {}, epoch}, copy);
  if (each_once_ && all.copies.size() > 1)
    add({AlertDifference::Kind::twice, DerivedAlert{alert, {}, epoch}, all.copies[1]});
}

void AlertComparison::published_later(PublishedAlert alert) {
  const auto found = missing_.find(name_of(alert));
  if (found == missing_.end()) return;
  compare(found->second, alert);
  missing_.erase(found);
}

void AlertComparison::compare(const DerivedAlert& derived, const PublishedAlert& published) {
  AlertRecord record;
  make_alert_record(derived.alert, application_, format_of(published.record, format_), record);
  if (record == published.record) return;
  add({AlertDifference::Kind::other_bytes, DerivedAlert{derived.alert, std::move(record), derived.epoch}, published});
}

AlertComparison::Result AlertComparison::finish() {
  for (auto& [name, alert] : missing_) add({AlertDifference::Kind::not_published, std::move(alert), std::nullopt});
  for (auto& [name, all] : published_) {
    if (all.must_be_derived && !all.is_derived)
      add({AlertDifference::Kind::not_derived, std::nullopt, std::move(all.copies.front())});
  }
  return std::move(result_);
}

void AlertComparison::add(AlertDifference difference) {
  const Alert* alert = difference.derived            ? &difference.derived->alert
                       : difference.published->alert ? &*difference.published->alert
                                                     : nullptr;
  const Offset offset = difference.published ? difference.published->offset : Offset{-1};
  const TimeMs detected_ms = difference.derived ? alert->detected_ms : difference.published->detected_ms;
  Order order{detected_ms, alert == nullptr ? "" : alert->alert_id, alert == nullptr ? 0 : alert->revision, offset};
  if (result_.differences++ > 0 && first_order_ <= order) return;
  first_order_ = std::move(order);
  result_.first = std::move(difference);
}

}  // namespace vigia
