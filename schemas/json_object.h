// Writing JSON: one object, field by field, straight into a text. Used for records, and by whoever else writes JSON.
//
//   JsonObject object(out);
//   object.field("seal_id", id);
//   object.field("device_time_ms", 1700000000000);
//   { JsonObject position = object.object("position"); position.field("lat_deg", -2.19); }
//
// The object is closed by the destructor. Output is compact, always valid UTF-8 and valid JSON: bytes that are no UTF-8
// become U+FFFD, numbers that are not finite become null. Doubles and floats are written with the fewest digits that read
// back as the same double or float.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace vigia::json {

// With quotes.
void append_json_string(std::string_view text, std::string& out);
void append_json_number(double value, std::string& out);
void append_json_number(float value, std::string& out);
void append_json_number(std::int64_t value, std::string& out);
void append_json_number(std::uint64_t value, std::string& out);

class JsonObject {
 public:
  explicit JsonObject(std::string& out) : out_(out) { out_ += '{'; }
  ~JsonObject() { out_ += '}'; }
  JsonObject(const JsonObject&) = delete;
  JsonObject& operator=(const JsonObject&) = delete;

  // Writes `"name":` and leaves the value to the caller. REQUIRES: name needs no escapes.
  std::string& key(std::string_view name) {
    if (!first_) out_ += ',';
    first_ = false;
    out_ += '"';
    out_ += name;
    out_ += "\":";
    return out_;
  }
  [[nodiscard]] JsonObject object(std::string_view name) { return JsonObject(key(name)); }

  void field(std::string_view name, std::string_view text) { append_json_string(text, key(name)); }
  void field(std::string_view name, const char* text) { append_json_string(text, key(name)); }
  void field(std::string_view name, bool value) { key(name) += value ? "true" : "false"; }
  void field(std::string_view name, std::floating_point auto value) { append_json_number(value, key(name)); }
  void field(std::string_view name, std::signed_integral auto value) {
    append_json_number(static_cast<std::int64_t>(value), key(name));
  }
  void field(std::string_view name, std::unsigned_integral auto value) {
    append_json_number(static_cast<std::uint64_t>(value), key(name));
  }

 private:
  std::string& out_;
  bool first_ = true;
};

}  // namespace vigia::json
