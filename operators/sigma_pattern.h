// What a detection asks one value for, ready to be compared: made once, when a rule is loaded.
//
// Texts compare without case (A-Z; beyond ASCII by Unicode's simple folding) unless cased; `*` is any run, `?` one
// character. Numbers compare with texts that are numbers.
#pragma once

#include <re2/re2.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "operators/sigma_event.h"

namespace vigia {

// A text as a rule writes it, with its wildcards told from what is escaped.
struct SigmaText {
  enum class Part : std::uint8_t { literal, any_run, any_one };
  struct Piece {
    Part part = Part::literal;
    std::string literal;
    friend bool operator==(const Piece&, const Piece&) = default;
  };
  std::vector<Piece> pieces;  // no two literals side by side

  // `\*`, `\?` and `\\` are the characters themselves; another `\` is itself.
  [[nodiscard]] static SigmaText parse(std::string_view text);
  [[nodiscard]] static SigmaText plain(std::string_view text);
  [[nodiscard]] bool has_wildcards() const;
  [[nodiscard]] std::string literal() const;  // of one without wildcards
  void begin_with_any();
  void end_with_any();
};

// What an index may know of a pattern.
struct SigmaHint {
  enum class Kind : std::uint8_t {
    text,     // the folded text is `text`
    number,   // it is the number, or a text that is
    either,   // one of both
    literal,  // the folded text holds `text`
    present,  // any value that is not null
    none,     // matches where there is no value
  };
  Kind kind = Kind::present;
  std::string text = {};
  double number = 0;
};

class SigmaPattern {
 public:
  [[nodiscard]] static SigmaPattern text(const SigmaText& text, bool cased);
  [[nodiscard]] static SigmaPattern number(double number, std::string_view as_written);
  [[nodiscard]] static SigmaPattern null();
  [[nodiscard]] static SigmaPattern exists(bool exists);
  enum class Order : std::uint8_t { lt, lte, gt, gte };
  [[nodiscard]] static SigmaPattern order(Order order, double bound);
  enum class Place : std::uint8_t { whole, anywhere, start, end };
  // Holds when the value is, holds, begins or ends with one of the other field's.
  [[nodiscard]] static SigmaPattern other_field(int field, Place place, bool cased);
  // `error`: why the text is none; then the pattern may not be used.
  [[nodiscard]] static SigmaPattern regex(std::string_view text, bool no_case, bool multiline, bool dot_all,
                                          std::string& error);
  [[nodiscard]] static SigmaPattern cidr(std::string_view text, std::string& error);

  // Whether one value of the field matches, or, for null and exists, what there is of it.
  [[nodiscard]] bool matches(const SigmaEvent& event, int field) const;
  // Of one text alone, for keywords. REQUIRES: made by text().
  [[nodiscard]] bool matches(const SigmaValue& value) const;
  // Every value that matches fulfils one of them.
  [[nodiscard]] std::vector<SigmaHint> hints() const;

 private:
  // Literals with any run between them.
  struct Runs {
    std::vector<std::string> literals;  // folded unless cased
    bool anchored_start = true, anchored_end = true;
    bool cased = false;
    double number = 0;
    bool is_number = false;  // the whole text is one
    [[nodiscard]] bool fits(std::string_view text) const;
  };
  struct Number {
    double number = 0;
    std::string text;  // beyond 2^53 the text decides
  };
  struct Presence {
    bool exists = true;
  };
  struct Bound {
    Order order = Order::lt;
    double bound = 0;
  };
  struct OtherField {
    int field = 0;
    Place place = Place::whole;
    bool cased = false;
  };
  struct Regex {
    std::shared_ptr<const RE2> re;
    std::vector<std::string> literals;  // folded; every match holds one of them, empty: none are known
  };
  struct Network {
    std::array<std::uint8_t, 16> address{};
    int bits = 0;  // of the address that count
    bool is_v6 = false;
  };
  using Test = std::variant<Runs, Number, Presence, Bound, OtherField, Regex, Network>;
  explicit SigmaPattern(Test test) : test_(std::move(test)) {}

  [[nodiscard]] static bool holds(const Runs& test, const SigmaValue& value);
  [[nodiscard]] static bool holds(const Number& test, const SigmaValue& value);
  [[nodiscard]] static bool holds(const Bound& test, const SigmaValue& value);
  [[nodiscard]] static bool holds(const Regex& test, const SigmaValue& value);
  [[nodiscard]] static bool holds(const Network& test, const SigmaValue& value);

  Test test_;
};

// The number that a text is, the whole of it; false: it is none.
[[nodiscard]] bool parse_number(std::string_view text, double& out);

}  // namespace vigia
