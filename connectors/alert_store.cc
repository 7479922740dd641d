#include "connectors/alert_store.h"

#include <fmt/format.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <map>
#include <set>

#include "connectors/rocks.h"

namespace vigia {

namespace {

// Keys ("id" is the alert's, START its start, big-endian):
//   "r" ID 0x00 REVISION         that revision
//   "l" ID                       the last one
//   "h" ID                       how it stands: its last state
//   "t" START ID, "s" SUBJECT 0x00 START ID, "i" SITE 0x00 START ID, "p" TRIP 0x00 START ID   nothing: indexes of the last
//   "o" TOPIC 0x00 PARTITION     the first offset that has not been read
// and those of the evidence (evidence_store.cc).
// Alerts are FlatBuffers; they and the offsets have a checksum behind them.
constexpr const char* format = "vigia-alerts 1";
constexpr std::size_t prune_batch_alerts = 1000;

std::string revision_key(const std::string& id, std::uint32_t revision) {
  std::string key = "r" + id + '\0';
  rocks::append_u64(key, revision);
  return key;
}

std::string last_key(const std::string& id) { return "l" + id; }
std::string state_key(const std::string& id) { return "h" + id; }

// What the triage stage adds to an alert.
void add_triage(Alert&& state, Alert& alert) {
  alert.triage_status = state.triage_status;
  alert.triage_revision = state.triage_revision;
  alert.triage_by = std::move(state.triage_by);
  alert.triage_note = std::move(state.triage_note);
  alert.triage_ms = state.triage_ms;
  for (auto& attribute : state.attributes) {
    const auto same = [&](const auto& known) { return known->key == attribute->key; };
    if (std::ranges::none_of(alert.attributes, same)) alert.attributes.push_back(std::move(attribute));
  }
}

// Where the alerts with a given value of an index begin; `value` is not used by the index of times.
std::string index_prefix(char index, const std::string& value) {
  std::string prefix(1, index);
  if (index != 't') prefix += value + '\0';
  return prefix;
}

std::string index_key(char index, const std::string& value, TimeMs start_ms, const std::string& id) {
  std::string key = index_prefix(index, value);
  rocks::append_i64(key, start_ms);
  return key + id;
}

std::vector<std::string> index_keys(const Alert& alert) {
  std::vector<std::string> keys{index_key('t', {}, alert.start_ms, alert.alert_id)};
  if (!alert.subject_id.empty()) keys.push_back(index_key('s', alert.subject_id, alert.start_ms, alert.alert_id));
  if (!alert.site_id.empty()) keys.push_back(index_key('i', alert.site_id, alert.start_ms, alert.alert_id));
  if (!alert.trip_id.empty()) keys.push_back(index_key('p', alert.trip_id, alert.start_ms, alert.alert_id));
  return keys;
}

std::string position_prefix(const std::string& topic) { return 'o' + topic + '\0'; }

std::string pack(const Alert& alert) {
  flatbuffers::FlatBufferBuilder builder;
  schema::FinishAlertBuffer(builder, schema::Alert::Pack(builder, &alert));
  return {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()};
}

bool unpack(std::string_view key, std::string_view value, Alert& out) {
  if (!rocks::check(key, value)) return false;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(value.data());
  flatbuffers::Verifier verifier(bytes, value.size());
  if (!schema::VerifyAlertBuffer(verifier)) return false;
  schema::GetAlert(bytes)->UnPackTo(&out);
  return true;
}

template <class T>
bool any_or_among(const std::vector<T>& wanted, const T& value) {
  return wanted.empty() || std::find(wanted.begin(), wanted.end(), value) != wanted.end();
}

bool fits(const AlertQuery& query, const Alert& alert) {
  const bool open = alert.end_ms == 0 && alert.status != schema::AlertStatus::withdrawn;
  const TimeMs end_ms = alert.end_ms != 0 ? alert.end_ms : alert.detected_ms;  // withdrawn while it lasted: until then
  const auto is = [](const std::string& wanted, const std::string& value) { return wanted.empty() || wanted == value; };
  return alert.start_ms <= query.to_ms && (open || end_ms >= query.from_ms) && is(query.subject, alert.subject_id) &&
         is(query.site, alert.site_id) && is(query.trip, alert.trip_id) && is(query.alert_id, alert.alert_id) &&
         is(query.rule, alert.rule_id) && any_or_among(query.kinds, alert.kind) &&
         any_or_among(query.statuses, alert.status);
}

}  // namespace

struct AlertStore::Impl {
  rocks::Database db;
  EvidenceStore evidence{db};

  Status load(const std::string& key, std::optional<Alert>& out) const {
    out.reset();
    std::optional<std::string> value;
    if (Status status = db.get(key, value); !status.ok() || !value) return status;
    Alert alert;
    if (!unpack(key, *value, alert)) {
      return Status::of(Fault::damaged, db.directory() + ": an alert does not have its checksum");
    }
    out = std::move(alert);
    return Status::good();
  }

  static void put(rocksdb::WriteBatch& batch, const std::string& key, std::string packed) {
    rocks::append_checksum(key, packed);
    batch.Put(key, packed);
  }

  Status drop_revisions(const std::string& id, std::uint32_t newest, rocksdb::WriteBatch& batch,
                        std::set<std::string>& released) const {
    std::set<EvidencePlace> places;
    std::optional<Alert> alert;
    for (std::uint32_t revision = 1; revision <= newest; ++revision) {
      if (Status status = load(revision_key(id, revision), alert); !status.ok()) return status;
      if (!alert) continue;
      batch.Delete(revision_key(id, revision));
      for (EvidencePlace& place : evidence_of(*alert)) places.insert(std::move(place));
    }
    batch.Delete(state_key(id));
    return evidence.release(batch, id, places, released);
  }

  Status visit(const AlertQuery& query, const std::string& id, const std::function<bool(const Alert&)>& sink,
               bool& go_on, std::size_t& count) const;
  Status visit_index(const AlertQuery& query, const std::function<bool(const Alert&)>& sink) const;
};

AlertStore::AlertStore() : impl_(std::make_unique<Impl>()) {}
AlertStore::~AlertStore() = default;

Status AlertStore::open(const std::string& directory, rocksdb::Env* env) {
  return impl_->db.open(directory, env, format, "alerts");
}

Status AlertStore::open_secondary(const std::string& directory, const std::string& scratch) {
  return impl_->db.open_secondary(directory, scratch, format);
}

Status AlertStore::catch_up() { return impl_->db.catch_up(); }

Status AlertStore::write(std::span<const Alert> alerts, std::span<const PartitionOffset> read_up_to,
                         std::span<const Alert> states) {
  if (alerts.empty() && read_up_to.empty() && states.empty()) return Status::good();
  if (Status status = impl_->db.repair(); !status.ok()) return status;
  rocksdb::WriteBatch batch;
  std::map<std::string, std::optional<Alert>> last;  // as this batch leaves them
  for (const Alert& alert : alerts) {
    const std::string packed = pack(alert);
    Impl::put(batch, revision_key(alert.alert_id, alert.revision), packed);
    if (Status status = impl_->evidence.refer(batch, alert); !status.ok()) return status;
    auto [found, is_new] = last.try_emplace(alert.alert_id);
    if (is_new) {
      if (Status status = impl_->load(last_key(alert.alert_id), found->second); !status.ok()) return status;
    }
    std::optional<Alert>& previous = found->second;
    if (previous && previous->revision > alert.revision) continue;
    if (previous) {
      for (const auto& key : index_keys(*previous)) batch.Delete(key);
    }
    for (const auto& key : index_keys(alert)) batch.Put(key, "");
    Impl::put(batch, last_key(alert.alert_id), packed);
    previous = alert;
  }
  for (const Alert& state : states) Impl::put(batch, state_key(state.alert_id), pack(state));
  for (const PartitionOffset& position : read_up_to) {
    std::string key = position_prefix(position.topic);
    rocks::append_u64(key, static_cast<std::uint64_t>(position.partition.value));
    std::string value;
    rocks::append_i64(value, position.next.value);
    Impl::put(batch, key, std::move(value));
  }
  return impl_->db.write(batch, false);
}

Status AlertStore::positions(const std::string& topic, std::vector<PartitionOffset>& out) const {
  out.clear();
  std::shared_ptr<rocksdb::DB> db;
  if (Status status = impl_->db.reader(db); !status.ok()) return status;
  const std::string prefix = position_prefix(topic);
  const std::unique_ptr<rocksdb::Iterator> it(db->NewIterator({}));
  for (it->Seek(prefix); it->Valid() && it->key().starts_with(prefix); it->Next()) {
    std::string_view value = rocks::view(it->value());
    if (!rocks::check(rocks::view(it->key()), value)) {
      return Status::of(Fault::damaged, impl_->db.directory() + ": a position does not have its checksum");
    }
    rocks::Reader partition(rocks::view(it->key()).substr(prefix.size()));
    rocks::Reader next(value);
    out.push_back({topic, PartitionId{static_cast<std::int32_t>(partition.u64())}, Offset{next.i64()}});
  }
  return impl_->db.status_of(it->status());
}

Status AlertStore::flush() { return impl_->db.sync(); }

Status AlertStore::prune(TimeMs before_ms) {
  if (Status status = impl_->db.repair(); !status.ok()) return status;
  std::shared_ptr<rocksdb::DB> db;
  if (Status status = impl_->db.reader(db); !status.ok()) return status;
  const std::string end = index_key('t', {}, before_ms, {});
  const std::unique_ptr<rocksdb::Iterator> it(db->NewIterator({}));
  rocksdb::WriteBatch batch;
  std::size_t count = 0;
  std::optional<Alert> alert;
  std::set<std::string> released;  // by this batch
  for (it->Seek("t"); it->Valid() && it->key().compare(end) < 0; it->Next()) {
    const std::string id(rocks::view(it->key()).substr(9));
    if (Status status = impl_->load(last_key(id), alert); !status.ok()) return status;
    if (!alert || alert->detected_ms >= before_ms || alert->end_ms >= before_ms) continue;
    for (const auto& key : index_keys(*alert)) batch.Delete(key);
    batch.Delete(last_key(id));
    if (Status status = impl_->drop_revisions(id, alert->revision, batch, released); !status.ok()) return status;
    if (++count % prune_batch_alerts != 0) continue;
    if (Status status = impl_->db.write(batch, false); !status.ok()) return status;
    batch.Clear();
    released.clear();
  }
  if (!it->status().ok()) return impl_->db.status_of(it->status());
  return batch.Count() == 0 ? Status::good() : impl_->db.write(batch, false);
}

Status AlertStore::Impl::visit(const AlertQuery& query, const std::string& id,
                               const std::function<bool(const Alert&)>& sink, bool& go_on, std::size_t& count) const {
  std::optional<Alert> alert;
  if (Status status = load(last_key(id), alert); !status.ok()) return status;
  if (!alert || !fits(query, *alert)) return Status::good();
  ++count;
  if (!query.all_revisions) {
    std::optional<Alert> state;
    if (Status status = load(state_key(id), state); !status.ok()) return status;
    if (state) add_triage(std::move(*state), *alert);
    go_on = sink(*alert);
    return Status::good();
  }
  const std::uint32_t newest = alert->revision;
  for (std::uint32_t revision = 1; revision <= newest && go_on; ++revision) {
    if (Status status = load(revision_key(id, revision), alert); !status.ok()) return status;
    if (alert) go_on = sink(*alert);
  }
  return Status::good();
}

Status AlertStore::Impl::visit_index(const AlertQuery& query, const std::function<bool(const Alert&)>& sink) const {
  std::string prefix = index_prefix('t', {});
  if (!query.subject.empty())
    prefix = index_prefix('s', query.subject);
  else if (!query.trip.empty())
    prefix = index_prefix('p', query.trip);
  else if (!query.site.empty())
    prefix = index_prefix('i', query.site);

  // An alert that began long before the time asked for may still last, so only its end bounds the walk.
  std::string stop = prefix;
  rocks::append_i64(stop, query.to_ms);
  stop.append(64, '\xff');  // behind every id of that millisecond
  std::shared_ptr<rocksdb::DB> reader;
  if (Status status = db.reader(reader); !status.ok()) return status;
  const std::unique_ptr<rocksdb::Iterator> it(reader->NewIterator({}));
  if (query.newest_first)
    it->SeekForPrev(stop);
  else
    it->Seek(prefix);
  bool go_on = true;
  std::size_t count = 0;
  while (it->Valid() && it->key().starts_with(prefix) && it->key().compare(stop) <= 0 && go_on && count < query.limit) {
    const std::string id(rocks::view(it->key()).substr(prefix.size() + 8));
    if (Status status = visit(query, id, sink, go_on, count); !status.ok()) return status;
    if (query.newest_first)
      it->Prev();
    else
      it->Next();
  }
  return db.status_of(it->status());
}

Status AlertStore::query(const AlertQuery& query, const std::function<bool(const Alert&)>& sink) const {
  if (query.alert_id.empty()) return impl_->visit_index(query, sink);
  bool go_on = query.limit > 0;
  std::size_t count = 0;
  return go_on ? impl_->visit(query, query.alert_id, sink, go_on, count) : Status::good();
}

Status AlertStore::find_ids(const std::string& prefix, std::size_t limit, std::vector<std::string>& out) const {
  out.clear();
  std::shared_ptr<rocksdb::DB> db;
  if (Status status = impl_->db.reader(db); !status.ok()) return status;
  const std::string key = last_key(prefix);
  const std::unique_ptr<rocksdb::Iterator> it(db->NewIterator({}));
  for (it->Seek(key); it->Valid() && it->key().starts_with(key) && out.size() < limit; it->Next()) {
    out.emplace_back(rocks::view(it->key()).substr(1));
  }
  return impl_->db.status_of(it->status());
}

std::optional<Alert> AlertStore::last(const std::string& alert_id) const {
  std::optional<Alert> alert;
  return impl_->load(last_key(alert_id), alert).ok() ? alert : std::nullopt;
}

EvidenceStore& AlertStore::evidence() { return impl_->evidence; }
const EvidenceStore& AlertStore::evidence() const { return impl_->evidence; }

void AlertStore::close() { impl_->db.close(); }

}  // namespace vigia
