#include "connectors/evidence_store.h"

#include <rocksdb/write_batch.h>

#include <algorithm>

namespace vigia {

namespace {

// Keys (PLACE is TOPIC 0x00 PARTITION OFFSET, big-endian):
//   "e" PLACE             NOTED and the record
//   "w" PLACE             NOTED: wanted
//   "x" PLACE ALERT_ID    nothing: who refers to it
//   "k" NOTED PLACE       nothing: by time
// NOTED is when the alert was detected that first referred to it. Values have a checksum behind them.
constexpr std::size_t prune_batch_records = 1000;

std::string place_key(char prefix, const EvidencePlace& place) {
  std::string key = prefix + place.topic + '\0';
  rocks::append_u64(key, static_cast<std::uint64_t>(place.partition));
  rocks::append_u64(key, static_cast<std::uint64_t>(place.offset));
  return key;
}

std::string time_key(TimeMs noted_ms, const EvidencePlace& place) {
  std::string key = "k";
  rocks::append_i64(key, noted_ms);
  return key + place_key(' ', place).substr(1);
}

bool read_place(std::string_view bytes, EvidencePlace& out) {
  const std::size_t end = bytes.find('\0');
  if (end == std::string_view::npos) return false;
  out.topic = bytes.substr(0, end);
  rocks::Reader numbers(bytes.substr(end + 1));
  out.partition = static_cast<std::int32_t>(numbers.u64());
  out.offset = static_cast<std::int64_t>(numbers.u64());
  return numbers.at_end();
}

void put_value(rocksdb::WriteBatch& batch, const std::string& key, std::string value) {
  rocks::append_checksum(key, value);
  batch.Put(key, value);
}

std::string pack(TimeMs noted_ms, const EvidenceRecord& record) {
  std::string bytes;
  rocks::append_i64(bytes, noted_ms);
  rocks::append_u64(bytes, record.is_gone ? 1 : 0);
  rocks::append_i64(bytes, record.timestamp_ms);
  rocks::append_text(bytes, record.key);
  rocks::append_u64(bytes, record.value ? 1 : 0);
  rocks::append_text(bytes, record.value.value_or(""));
  rocks::append_u64(bytes, record.headers.size());
  for (const auto& [name, value] : record.headers) {
    rocks::append_text(bytes, name);
    rocks::append_text(bytes, value);
  }
  return bytes;
}

bool unpack(std::string_view bytes, EvidenceRecord& out) {
  rocks::Reader reader(bytes);
  (void)reader.i64();
  out.is_gone = reader.u64() != 0;
  out.timestamp_ms = reader.i64();
  out.key = reader.text();
  const bool has_value = reader.u64() != 0;
  const std::string_view value = reader.text();
  if (has_value) out.value = value;
  for (std::uint64_t left = reader.u64(); left > 0 && reader.good(); --left) {
    const std::string_view name = reader.text();
    out.headers.emplace_back(name, reader.text());
  }
  return reader.at_end();
}

// NOTED of a record or a wanted one; empty: not there, or not readable.
std::optional<TimeMs> noted(const rocks::Database& db, const std::string& key, Status& status) {
  std::optional<std::string> value;
  if (status = db.get(key, value); !status.ok() || !value) return std::nullopt;
  std::string_view bytes = *value;
  if (!rocks::check(key, bytes)) return std::nullopt;
  rocks::Reader reader(bytes);
  const TimeMs noted_ms = reader.i64();
  return reader.good() ? std::optional(noted_ms) : std::nullopt;
}

}  // namespace

std::vector<EvidencePlace> evidence_of(const Alert& alert) {
  std::vector<EvidencePlace> places;
  for (const auto& one : alert.evidence) {
    const bool is_place = one != nullptr && one->partition >= 0 && one->offset >= 0 && !one->topic.empty() &&
                          one->topic.find('\0') == std::string::npos;
    if (!is_place) continue;
    EvidencePlace place{one->topic, one->partition, one->offset};
    if (std::ranges::find(places, place) == places.end()) places.push_back(std::move(place));
  }
  return places;
}

Status EvidenceStore::refer(rocksdb::WriteBatch& batch, const Alert& alert) const {
  for (const EvidencePlace& place : evidence_of(alert)) {
    batch.Put(place_key('x', place) + alert.alert_id, "");
    Status status;
    const bool is_known = noted(db_, place_key('e', place), status).has_value() ||
                          (status.ok() && noted(db_, place_key('w', place), status).has_value());
    if (!status.ok()) return status;
    if (is_known) continue;
    std::string value;
    rocks::append_i64(value, alert.detected_ms);
    put_value(batch, place_key('w', place), std::move(value));
  }
  return Status::good();
}

Status EvidenceStore::release(rocksdb::WriteBatch& batch, const std::string& alert_id,
                              const std::set<EvidencePlace>& places, std::set<std::string>& released) const {
  std::shared_ptr<rocksdb::DB> db;
  if (Status status = db_.reader(db); !status.ok()) return status;
  const std::unique_ptr<rocksdb::Iterator> it(db->NewIterator({}));
  for (const EvidencePlace& place : places) {
    const std::string prefix = place_key('x', place);
    batch.Delete(prefix + alert_id);
    released.insert(prefix + alert_id);
    bool is_needed = false;
    for (it->Seek(prefix); it->Valid() && it->key().starts_with(prefix) && !is_needed; it->Next()) {
      is_needed = !released.contains(it->key().ToString());
    }
    if (!it->status().ok()) return db_.status_of(it->status());
    if (is_needed) continue;
    Status status;
    if (const auto noted_ms = noted(db_, place_key('e', place), status)) batch.Delete(time_key(*noted_ms, place));
    if (!status.ok()) return status;
    batch.Delete(place_key('e', place));
    batch.Delete(place_key('w', place));
  }
  return Status::good();
}

Status EvidenceStore::wanted(const std::optional<EvidencePlace>& after, std::size_t limit,
                             std::vector<EvidencePlace>& out) const {
  out.clear();
  std::shared_ptr<rocksdb::DB> db;
  if (Status status = db_.reader(db); !status.ok()) return status;
  const std::unique_ptr<rocksdb::Iterator> it(db->NewIterator({}));
  for (it->Seek(after ? place_key('w', *after) + '\0' : "w");
       it->Valid() && it->key().starts_with("w") && out.size() < limit; it->Next()) {
    EvidencePlace place;
    if (read_place(rocks::view(it->key()).substr(1), place)) out.push_back(std::move(place));
  }
  return db_.status_of(it->status());
}

Status EvidenceStore::put(std::span<const std::pair<EvidencePlace, EvidenceRecord>> found) {
  if (Status status = db_.repair(); !status.ok()) return status;
  rocksdb::WriteBatch batch;
  for (const auto& [place, record] : found) {
    Status status;
    const auto noted_ms = noted(db_, place_key('w', place), status);
    if (!status.ok()) return status;
    if (!noted_ms) continue;
    batch.Delete(place_key('w', place));
    put_value(batch, place_key('e', place), pack(*noted_ms, record));
    batch.Put(time_key(*noted_ms, place), "");
  }
  return batch.Count() == 0 ? Status::good() : db_.write(batch, false);
}

Status EvidenceStore::find(const EvidencePlace& place, std::optional<EvidenceRecord>& out) const {
  out.reset();
  const std::string key = place_key('e', place);
  std::optional<std::string> value;
  if (Status status = db_.get(key, value); !status.ok() || !value) return status;
  std::string_view bytes = *value;
  EvidenceRecord record;
  if (!rocks::check(key, bytes) || !unpack(bytes, record)) {
    return Status::of(Fault::damaged, db_.directory() + ": a record of evidence does not have its checksum");
  }
  out = std::move(record);
  return Status::good();
}

Status EvidenceStore::prune(TimeMs before_ms) {
  if (Status status = db_.repair(); !status.ok()) return status;
  std::shared_ptr<rocksdb::DB> db;
  if (Status status = db_.reader(db); !status.ok()) return status;
  std::string end = "k";
  rocks::append_i64(end, before_ms);
  const std::unique_ptr<rocksdb::Iterator> it(db->NewIterator({}));
  rocksdb::WriteBatch batch;
  for (it->Seek("k"); it->Valid() && it->key().compare(end) < 0; it->Next()) {
    batch.Delete(it->key());
    EvidencePlace place;
    if (read_place(rocks::view(it->key()).substr(end.size()), place)) batch.Delete(place_key('e', place));
    if (static_cast<std::size_t>(batch.Count()) < 2 * prune_batch_records) continue;
    if (Status status = db_.write(batch, false); !status.ok()) return status;
    batch.Clear();
  }
  if (!it->status().ok()) return db_.status_of(it->status());
  return batch.Count() == 0 ? Status::good() : db_.write(batch, false);
}

}  // namespace vigia
