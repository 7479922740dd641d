// The supervision record of movements inside an enclosure (requirements R2, R10): seals that entered and left zones, and
// badges at doors.
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "app/report.h"
#include "app/report_alerts.h"
#include "app/report_cells.h"
#include "schemas/enum_names.h"

namespace vigia {
namespace {

using schema::AccessKind;

bool is_movement(AccessKind kind) {
  return kind == AccessKind::badge_granted || kind == AccessKind::badge_denied || kind == AccessKind::exit_requested;
}

struct MovementRow {
  TimeMs time_ms = 0;
  std::vector<Cell> cells;
};

struct PlaceCounts {
  std::uint64_t in = 0, out = 0, denied = 0, other = 0;
};

class Movements {
 public:
  explicit Movements(const ReportContext& context)
      : context_(context),
        cells_(context.request.language, context.timezone()),
        scope_(context.loaded.site, context.request.site, context.request.subject) {}

  Status zones() {
    AlertQuery query = touching(context_.request.period);
    query.kinds = {"zone_entered", "zone_left"};
    return context_.alerts.query(query, [&](const Alert& alert) {
      if (!is_withdrawn(alert) && scope_.covers(alert)) add(alert);
      return true;
    });
  }

  Status doors() {
    const ReportPeriod& period = context_.request.period;
    const RecordQuery query{StreamId::access, period.from_ms, period.to_ms, scope_.names()};
    return context_.records.query(query, [&](const KeptEvent& event) {
      if (is_movement(event.access()->kind) && scope_.covers(event)) add(event);
      return true;
    });
  }

  std::vector<Table> finish() {
    Table movements = cells_.table("movements", {{"time_ms", "start"},
                                                 {"who", "who"},
                                                 {"class", "class"},
                                                 {"movement", "movement"},
                                                 {"place_id", "place"},
                                                 {"area", "area"},
                                                 {"site_id", "site"},
                                                 {"escort_id", "escort"},
                                                 {"trip_id", "trip"},
                                                 {"record", "record"}});
    std::ranges::stable_sort(rows_, {}, &MovementRow::time_ms);
    for (MovementRow& row : rows_) movements.rows.push_back(std::move(row.cells));
    Table places = cells_.table("places", {{"place_id", "place"},
                                           {"site_id", "site"},
                                           {"in", "in"},
                                           {"out", "out"},
                                           {"denied", "denied"},
                                           {"other", "other"}});
    for (const auto& [place, counts] : places_)
      places.rows.push_back({cells_.text(place.first), cells_.text(place.second), cells_.count(counts.in),
                             cells_.count(counts.out), cells_.count(counts.denied), cells_.count(counts.other)});
    return {std::move(movements), std::move(places)};
  }

 private:
  void add(const Alert& alert) {
    const std::string zone(attribute_of(alert, "zone_id"));
    rows_.push_back(
        {alert.start_ms,
         {cells_.time(alert.start_ms), cells_.text(alert.subject_id), cells_.text({}),
          cells_.named("movement", alert.kind), cells_.text(zone), cells_.text({}), cells_.text(alert.site_id),
          cells_.text({}), cells_.text(alert.trip_id), cells_.text(evidence_words(alert))}});
    PlaceCounts& counts = places_[{zone, alert.site_id}];
    ++(alert.kind == "zone_entered" ? counts.in : counts.out);
  }

  void add(const KeptEvent& event) {
    const auto& access = *event.access();
    const Equipment& equipment = context_.loaded.site.equipment;
    const auto known = equipment.find_door(id_hash(access.door_id));
    const Door door = known == Equipment::npos ? Door{} : equipment.doors()[known];
    rows_.push_back(
        {event.time_ms,
         {cells_.time(event.time_ms),
          access.holder_id.empty() ? cells_.word("word.nobody") : cells_.text(access.holder_id),
          cells_.named("class", schema::name_of(class_of(access))), cells_.text(movement_of(access)),
          cells_.text(access.door_id), cells_.text(door.area), cells_.text(door.site), cells_.text(access.escort_id),
          cells_.text({}),
          cells_.text(fmt::format("{}/{}/{}", event.place.topic, event.place.partition, event.place.offset))}});
    PlaceCounts& counts = places_[{access.door_id, door.site}];
    using schema::Direction;
    if (access.kind == AccessKind::badge_denied)
      ++counts.denied;
    else if (access.kind == AccessKind::exit_requested || access.direction == Direction::out)
      ++counts.out;
    else
      ++(access.direction == Direction::in ? counts.in : counts.other);
  }

  // What the event says, else the site files.
  [[nodiscard]] HolderClass class_of(const schema::AccessEventT& access) const {
    if (schema::known_or_unknown(access.holder_class) != HolderClass::unknown) return access.holder_class;
    const Holder* holder = context_.loaded.site.equipment.find_holder(id_hash(access.holder_id));
    return holder == nullptr ? HolderClass::unknown : holder->holder_class;
  }

  [[nodiscard]] std::string movement_of(const schema::AccessEventT& access) const {
    if (access.kind == AccessKind::exit_requested) return cells_.words_of("movement.exit_requested");
    const std::string direction =
        cells_.named("direction", schema::name_of(schema::known_or_unknown(access.direction))).text;
    const std::string answer =
        cells_.words_of(access.kind == AccessKind::badge_denied ? "movement.denied" : "movement.granted");
    return direction.empty() ? answer : fmt::format("{}, {}", direction, answer);
  }

  const ReportContext& context_;
  Cells cells_;
  ReportScope scope_;
  std::vector<MovementRow> rows_;
  std::map<std::pair<std::string, std::string>, PlaceCounts> places_;  // by id and site
};

}  // namespace

Status movement_tables(const ReportContext& context, std::vector<Table>& out) {
  Movements movements(context);
  if (Status status = movements.zones(); !status.ok()) return status;
  if (Status status = movements.doors(); !status.ok()) return status;
  out = movements.finish();
  return Status::good();
}

}  // namespace vigia
