// What of the stores a report is about: a site, a subject, both, or everything.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/kept_event.h"
#include "operators/site_model.h"

namespace vigia {

class ReportScope {
 public:
  // Empty: any. A site stands for its doors, cameras and zones; a subject is any id: of a seal, trip, door, camera, zone,
  // badge holder, container, provider, ...
  ReportScope(const SiteModel& model, const std::string& site, std::string subject);

  // An alert that is about it, happened there, or names it in an attribute of a device, place or holder.
  [[nodiscard]] bool covers(const Alert& alert) const;
  [[nodiscard]] bool covers(const KeptEvent& event) const;
  [[nodiscard]] bool is_everything() const { return site_.empty() && subject_.empty(); }
  // That the record store can look for; empty: everything. What it finds must still be asked for by covers().
  [[nodiscard]] std::vector<std::string> names() const;

 private:
  [[nodiscard]] bool is_there(const std::vector<std::string>& names) const;

  std::string site_, subject_;
  std::set<std::string, std::less<>> places_;  // of the site, which is one of them
};

// Empty: it has none of that name.
[[nodiscard]] std::string_view attribute_of(const Alert& alert, std::string_view name);

}  // namespace vigia
