// One thing in a ColdStore: a head that says whose it is, and bytes. Written many at a time into one buffer.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include <xxhash.h>

#include "engine/cold_store.h"
#include "engine/identity.h"

namespace vigia {

struct ColdItemHead {
  std::uint64_t hash = 0;       // of the key
  std::uint32_t bytes = 0;      // that follow
  std::uint32_t key_bytes = 0;  // the key, which they begin with; UINT32_MAX: a block of its history, without the key
  std::uint64_t check = 0;      // XXH3 of a block + the hash; an image ends in its own
};
static_assert(sizeof(ColdItemHead) == 24);

// Ends in the hash of what stands before it (engine/key_image.h).
[[nodiscard]] inline bool is_sound_image(std::string_view image) {
  std::uint64_t check;
  if (image.size() < sizeof check) return false;
  std::memcpy(&check, image.data() + image.size() - sizeof check, sizeof check);
  return XXH3_64bits(image.data(), image.size() - sizeof check) == check;
}

// Views into a buffer.
struct ColdItem {
  KeyHash hash;
  bool is_block = false;
  std::string_view key;    // empty for a block
  std::string_view bytes;  // image of the key; or the block
  std::size_t size = 0;    // in the store, with head and filling

  // False: not what was written.
  [[nodiscard]] bool read(std::string_view from);
  // In the store, of one whose beginning is given.
  [[nodiscard]] static std::size_t size_of(std::string_view beginning);
};

// Room for a thing in the store.
[[nodiscard]] inline std::size_t whole_units(std::size_t bytes) {
  return (bytes + ColdPlace::unit_bytes - 1) / ColdPlace::unit_bytes * ColdPlace::unit_bytes;
}

// Appends to `out`, which is a multiple of ColdPlace::unit_bytes and stays one. `write(out)` appends the bytes themselves.
template <class Write>
void append_cold_item(std::string& out, KeyHash hash, bool is_block, std::string_view key, Write&& write) {
  const auto at = out.size();
  out.resize(at + sizeof(ColdItemHead));
  out.append(key);
  write(out);
  const auto* body = out.data() + at + sizeof(ColdItemHead);
  ColdItemHead head;
  head.hash = hash.value;
  head.bytes = static_cast<std::uint32_t>(out.size() - at - sizeof head);
  head.key_bytes = is_block ? UINT32_MAX : static_cast<std::uint32_t>(key.size());
  head.check = head.hash + (is_block ? XXH3_64bits(body, head.bytes) : 0);
  std::memcpy(out.data() + at, &head, sizeof head);
  out.resize(whole_units(out.size()));
}

inline std::size_t ColdItem::size_of(std::string_view beginning) {
  ColdItemHead head;
  if (beginning.size() < sizeof head) return beginning.size();
  std::memcpy(&head, beginning.data(), sizeof head);
  return whole_units(sizeof head + head.bytes);
}

inline bool ColdItem::read(std::string_view from) {
  ColdItemHead head;
  if (from.size() < sizeof head) return false;
  std::memcpy(&head, from.data(), sizeof head);
  const auto body = from.substr(sizeof head, head.bytes);
  if (body.size() != head.bytes) return false;
  hash = KeyHash{head.hash};
  is_block = head.key_bytes == UINT32_MAX;
  if (!is_block && head.key_bytes > body.size()) return false;
  key = is_block ? std::string_view() : body.substr(0, head.key_bytes);
  bytes = body.substr(key.size());
  size = whole_units(sizeof head + head.bytes);
  if (is_block) return head.hash + XXH3_64bits(bytes.data(), bytes.size()) == head.check;
  return head.hash == head.check && is_sound_image(bytes);
}

}  // namespace vigia
