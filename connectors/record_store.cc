#include "connectors/record_store.h"

#include <rocksdb/write_batch.h>
#include <xxhash.h>

#include <algorithm>
#include <optional>
#include <set>

#include "connectors/rocks.h"
#include "schemas/json_writer.h"
#include "schemas/verify.h"

namespace vigia {

namespace {

// Keys (STREAM is 't' or 'a', WHICH the time, big-endian, and 16 bytes hash of the event's canonical form):
//   "e" STREAM WHICH             the event
//   "n" STREAM NAME 0x00 WHICH   nothing: index by the ids that it names
//   "o" TOPIC 0x00 PARTITION     the first offset that has not been read
// Events are FlatBuffers, behind where they came from; they and the offsets have a checksum behind them.
constexpr const char* format = "vigia-records 1";
constexpr std::size_t which_bytes = 8 + 16;
constexpr std::size_t prune_batch_events = 1000;

char letter_of(StreamId stream) { return stream == StreamId::trip ? 't' : 'a'; }

std::string event_prefix(StreamId stream) { return {'e', letter_of(stream)}; }

std::string name_prefix(StreamId stream, const std::string& name) {
  return std::string{'n', letter_of(stream)} + name + '\0';
}

std::string position_prefix(const std::string& topic) { return 'o' + topic + '\0'; }

std::string bound(std::string prefix, TimeMs time_ms) {
  rocks::append_i64(prefix, time_ms);
  return prefix;
}

struct Packed {
  StreamId stream = StreamId::trip;
  std::string which;
  std::string bytes;
};

template <class Event>
std::string finish(flatbuffers::FlatBufferBuilder& builder, const typename Event::NativeTableType& event,
                   XXH128_hash_t& hash) {
  builder.Finish(Event::Pack(builder, &event));
  const std::string canonical = json::canonical(*flatbuffers::GetRoot<Event>(builder.GetBufferPointer()));
  hash = XXH3_128bits(canonical.data(), canonical.size());
  return {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()};
}

Packed pack(const KeptEvent& kept) {
  Packed packed;
  flatbuffers::FlatBufferBuilder builder;
  XXH128_hash_t hash;
  std::string event;
  if (const auto* trip = kept.trip()) {
    event = finish<schema::TripEvent>(builder, *trip, hash);
  } else {
    packed.stream = StreamId::access;
    event = finish<schema::AccessEvent>(builder, *kept.access(), hash);
  }
  rocks::append_i64(packed.which, kept.time_ms);
  rocks::append_u64(packed.which, hash.high64);
  rocks::append_u64(packed.which, hash.low64);
  rocks::append_i64(packed.bytes, kept.broker_ms);
  rocks::append_text(packed.bytes, kept.place.topic);
  rocks::append_i64(packed.bytes, kept.place.partition);
  rocks::append_i64(packed.bytes, kept.place.offset);
  rocks::append_i64(packed.bytes, kept.event_index);
  rocks::append_text(packed.bytes, event);
  return packed;
}

template <class Event>
bool unpack_event(const schema::Events<Event>& events, KeptEvent& out) {
  if (!events.error().empty() || events.size() != 1) return false;
  typename Event::NativeTableType event;
  events[0].UnPackTo(&event);
  out.event = std::move(event);
  return true;
}

bool unpack(std::string_view key, std::string_view bytes, KeptEvent& out) {
  if (!rocks::check(key, bytes)) return false;
  rocks::Reader reader(bytes);
  out.time_ms = rocks::Reader(key.substr(2)).i64();
  out.broker_ms = reader.i64();
  out.place.topic = reader.text();
  out.place.partition = static_cast<std::int32_t>(reader.i64());
  out.place.offset = reader.i64();
  out.event_index = static_cast<std::int32_t>(reader.i64());
  const std::string_view event = reader.text();
  if (!reader.at_end()) return false;
  return key[1] == 't' ? unpack_event(schema::verify_trip_record(event), out)
                       : unpack_event(schema::verify_access_record(event), out);
}

}  // namespace

struct RecordStore::Impl {
  rocks::Database db;

  [[nodiscard]] Status damaged() const {
    return Status::of(Fault::damaged, db.directory() + ": an event does not have its checksum");
  }
  Status drop(StreamId stream, TimeMs before_ms);
  Status named(const RecordQuery& query, const std::function<bool(const KeptEvent&)>& sink) const;
};

RecordStore::RecordStore() : impl_(std::make_unique<Impl>()) {}
RecordStore::~RecordStore() = default;

Status RecordStore::open(const std::string& directory, rocksdb::Env* env) {
  return impl_->db.open(directory, env, format, "records");
}

Status RecordStore::open_secondary(const std::string& directory, const std::string& scratch) {
  return impl_->db.open_secondary(directory, scratch, format);
}

Status RecordStore::write(std::span<const KeptEvent> events, std::span<const PartitionOffset> read_up_to) {
  if (events.empty() && read_up_to.empty()) return Status::good();
  rocksdb::WriteBatch batch;
  for (const KeptEvent& event : events) {
    Packed packed = pack(event);
    const std::string key = event_prefix(packed.stream) + packed.which;
    rocks::append_checksum(key, packed.bytes);
    batch.Put(key, packed.bytes);
    for (const std::string& name : names_of(event)) batch.Put(name_prefix(packed.stream, name) + packed.which, "");
  }
  for (const PartitionOffset& position : read_up_to) {
    std::string key = position_prefix(position.topic);
    rocks::append_u64(key, static_cast<std::uint64_t>(position.partition.value));
    std::string value;
    rocks::append_i64(value, position.next.value);
    rocks::append_checksum(key, value);
    batch.Put(key, value);
  }
  return impl_->db.write(batch, false);
}

Status RecordStore::flush() { return impl_->db.sync(); }

Status RecordStore::positions(const std::string& topic, std::vector<PartitionOffset>& out) const {
  out.clear();
  std::shared_ptr<rocksdb::DB> db;
  if (Status status = impl_->db.reader(db); !status.ok()) return status;
  const std::string prefix = position_prefix(topic);
  const std::unique_ptr<rocksdb::Iterator> it(db->NewIterator({}));
  for (it->Seek(prefix); it->Valid() && it->key().starts_with(prefix); it->Next()) {
    std::string_view value = rocks::view(it->value());
    if (!rocks::check(rocks::view(it->key()), value)) return impl_->damaged();
    rocks::Reader partition(rocks::view(it->key()).substr(prefix.size()));
    rocks::Reader next(value);
    out.push_back({topic, PartitionId{static_cast<std::int32_t>(partition.u64())}, Offset{next.i64()}});
  }
  return impl_->db.status_of(it->status());
}

Status RecordStore::prune(TimeMs before_ms) {
  if (Status status = impl_->db.repair(); !status.ok()) return status;
  for (const StreamId stream : {StreamId::trip, StreamId::access}) {
    if (Status status = impl_->drop(stream, before_ms); !status.ok()) return status;
  }
  return Status::good();
}

Status RecordStore::Impl::drop(StreamId stream, TimeMs before_ms) {
  std::shared_ptr<rocksdb::DB> reader;
  if (Status status = db.reader(reader); !status.ok()) return status;
  const std::string prefix = event_prefix(stream), end = bound(prefix, before_ms);
  const std::unique_ptr<rocksdb::Iterator> it(reader->NewIterator({}));
  rocksdb::WriteBatch batch;
  std::size_t count = 0;
  for (it->Seek(prefix); it->Valid() && it->key().compare(end) < 0; it->Next()) {
    KeptEvent event;
    if (!unpack(rocks::view(it->key()), rocks::view(it->value()), event)) return damaged();
    const std::string which(rocks::view(it->key()).substr(prefix.size()));
    for (const std::string& name : names_of(event)) batch.Delete(name_prefix(stream, name) + which);
    batch.Delete(it->key());
    if (++count % prune_batch_events != 0) continue;
    if (Status status = db.write(batch, false); !status.ok()) return status;
    batch.Clear();
  }
  if (!it->status().ok()) return db.status_of(it->status());
  return batch.Count() == 0 ? Status::good() : db.write(batch, false);
}

Status RecordStore::query(const RecordQuery& query, const std::function<bool(const KeptEvent&)>& sink) const {
  if (!query.names.empty()) return impl_->named(query, sink);
  std::shared_ptr<rocksdb::DB> db;
  if (Status status = impl_->db.reader(db); !status.ok()) return status;
  const std::string prefix = event_prefix(query.stream), end = bound(prefix, query.to_ms);
  const std::unique_ptr<rocksdb::Iterator> it(db->NewIterator({}));
  for (it->Seek(bound(prefix, query.from_ms)); it->Valid() && it->key().compare(end) < 0; it->Next()) {
    KeptEvent event;
    if (!unpack(rocks::view(it->key()), rocks::view(it->value()), event)) return impl_->damaged();
    if (!sink(event)) break;
  }
  return impl_->db.status_of(it->status());
}

// An event may name several of them.
Status RecordStore::Impl::named(const RecordQuery& query, const std::function<bool(const KeptEvent&)>& sink) const {
  std::shared_ptr<rocksdb::DB> reader;
  if (Status status = db.reader(reader); !status.ok()) return status;
  const std::unique_ptr<rocksdb::Iterator> it(reader->NewIterator({}));
  std::set<std::string> all;
  for (const std::string& name : query.names) {
    const std::string prefix = name_prefix(query.stream, name), end = bound(prefix, query.to_ms);
    for (it->Seek(bound(prefix, query.from_ms)); it->Valid() && it->key().compare(end) < 0; it->Next()) {
      const std::string_view which = rocks::view(it->key()).substr(prefix.size());
      if (which.size() == which_bytes) all.emplace(which);  // else a longer name's
    }
    if (!it->status().ok()) return db.status_of(it->status());
  }
  for (const std::string& which : all) {
    const std::string key = event_prefix(query.stream) + which;
    std::optional<std::string> value;
    if (Status status = db.get(key, value); !status.ok()) return status;
    if (!value) continue;  // just dropped
    KeptEvent event;
    if (!unpack(key, *value, event)) return damaged();
    if (!sink(event)) break;
  }
  return Status::good();
}

void RecordStore::close() { impl_->db.close(); }

}  // namespace vigia
