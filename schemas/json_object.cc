#include "schemas/json_object.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

#include "schemas/utf8.h"

namespace vigia::json {
namespace {

template <class Number>
void append_decimal(Number value, std::string& out) {
  const fmt::format_int digits(value);
  out.append(digits.data(), digits.size());
}

template <class Real>
void append_shortest(Real value, std::string& out) {
  if (std::isfinite(value)) {
    fmt::format_to(std::back_inserter(out), "{}", value);
  } else {
    out += "null";
  }
}

void append_escape(unsigned char c, std::string& out) {
  switch (c) {
    case '"': out += "\\\""; break;
    case '\\': out += "\\\\"; break;
    case '\b': out += "\\b"; break;
    case '\f': out += "\\f"; break;
    case '\n': out += "\\n"; break;
    case '\r': out += "\\r"; break;
    case '\t': out += "\\t"; break;
    default: fmt::format_to(std::back_inserter(out), "\\u{:04x}", c);
  }
}

bool needs_escape(unsigned char c) { return c < 0x20 || c == '"' || c == '\\'; }

}  // namespace

void append_json_string(std::string_view text, std::string& out) {
  out += '"';
  std::size_t plain = 0;  // bytes at the front that go out as they are
  while (plain < text.size()) {
    const auto c = static_cast<unsigned char>(text[plain]);
    const bool escape = needs_escape(c);
    const std::size_t length = escape ? 0 : utf8_sequence_length(text.substr(plain));
    if (length > 0) {
      plain += length;
      continue;
    }
    out.append(text.substr(0, plain));
    if (escape) {
      append_escape(c, out);
    } else {
      out += "\xEF\xBF\xBD";  // U+FFFD
    }
    text.remove_prefix(plain + 1);
    plain = 0;
  }
  out.append(text);
  out += '"';
}

void append_json_number(double value, std::string& out) { append_shortest(value, out); }
void append_json_number(float value, std::string& out) { append_shortest(value, out); }
void append_json_number(std::int64_t value, std::string& out) { append_decimal(value, out); }
void append_json_number(std::uint64_t value, std::string& out) { append_decimal(value, out); }

}  // namespace vigia::json
