#include "connectors/json_bytes.h"

#include <cstdint>

#include "schemas/utf8.h"

namespace vigia {

namespace {

std::string base64(std::string_view bytes) {
  static constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte = [&](std::size_t at) {
      return at < bytes.size() ? static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at])) : 0U;
    };
    const std::uint32_t word = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    text += digits[word >> 18];
    text += digits[word >> 12 & 63];
    text += i + 1 < bytes.size() ? digits[word >> 6 & 63] : '=';
    text += i + 2 < bytes.size() ? digits[word & 63] : '=';
  }
  return text;
}

}  // namespace

void append_bytes_field(json::JsonObject& object, const std::string& name, std::string_view bytes) {
  if (is_utf8(bytes)) {
    object.field(name, bytes);
  } else {
    object.field(name + "_base64", std::string_view(base64(bytes)));
  }
}

}  // namespace vigia
