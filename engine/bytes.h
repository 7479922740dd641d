// Little-endian serialisation of snapshots: append to a string, read from a view. A read beyond the end sets `failed` and
// gives zeroes, so that a damaged image is found at the end of its reading, not by a crash.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

namespace vigia {

class ByteWriter {
 public:
  explicit ByteWriter(std::string& out) : out_(out) {}

  template <class T>
  requires std::is_trivially_copyable_v<T>
  void put(const T& value) {
    T copy = value;
#if __has_builtin(__builtin_clear_padding)
    __builtin_clear_padding(&copy);  // equal values are equal bytes
#endif
    out_.append(reinterpret_cast<const char*>(&copy), sizeof copy);
  }
  void put_text(std::string_view text) {
    put(static_cast<std::uint32_t>(text.size()));
    out_.append(text);
  }
  void put_raw(const void* data, std::size_t size) { out_.append(static_cast<const char*>(data), size); }

 private:
  std::string& out_;
};

class ByteReader {
 public:
  explicit ByteReader(std::string_view in) : in_(in) {}

  template <class T>
  requires std::is_trivially_copyable_v<T>
  [[nodiscard]] T get() {
    T value{};
    get_raw(&value, sizeof value);
    return value;
  }
  [[nodiscard]] std::string_view get_text() { return take(get<std::uint32_t>()); }
  void get_raw(void* data, std::size_t size) {
    const auto bytes = take(size);
    if (bytes.size() == size) std::memcpy(data, bytes.data(), size);
  }
  [[nodiscard]] std::string_view take(std::size_t size) {
    if (size > in_.size()) {
      failed = true;
      in_ = {};
      return {};
    }
    const auto bytes = in_.substr(0, size);
    in_.remove_prefix(size);
    return bytes;
  }
  [[nodiscard]] bool at_end() const { return in_.empty(); }
  [[nodiscard]] std::size_t rest_bytes() const { return in_.size(); }

  bool failed = false;

 private:
  std::string_view in_;
};

}  // namespace vigia
