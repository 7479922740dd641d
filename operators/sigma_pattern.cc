#include "operators/sigma_pattern.h"

#include <arpa/inet.h>
#include <re2/filtered_re2.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

namespace vigia {
namespace {

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string folded(std::string_view text) {
  std::string out(text.size(), '\0');
  fold_case(text, out.data());
  return out;
}

constexpr double exact_bound = 9007199254740992.0;  // up to here a double is a whole number's own

std::shared_ptr<const RE2> compile(std::string_view text, bool no_case, bool multiline, bool dot_all) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(16 << 20);
  std::string flags;
  if (no_case) flags += 'i';
  if (multiline) flags += 'm';
  if (dot_all) flags += 's';
  const auto source = flags.empty() ? std::string(text) : "(?" + flags + ")" + std::string(text);
  return std::make_shared<const RE2>(source, options);
}

// Texts one of which every match holds, as RE2's prefilter knows them. It answers whether the expression may match where
// some of its atoms are; so an atom without which it can't is asked for by leaving it out.
std::vector<std::string> literals_of(const RE2& re) {
  constexpr int atom_bytes_min = 3;
  re2::FilteredRE2 filter(atom_bytes_min);
  int id = 0;
  if (filter.Add(re.pattern(), re.options(), &id) != RE2::NoError) return {};
  std::vector<std::string> atoms;
  filter.Compile(&atoms);
  if (!std::ranges::all_of(atoms, is_ascii)) return {};
  const auto may_match_without = [&](int left_out) {
    std::vector<int> there, potentials;
    for (int i = 0; i < static_cast<int>(atoms.size()); ++i)
      if (left_out >= 0 && i != left_out) there.push_back(i);
    filter.AllPotentials(there, &potentials);
    return !potentials.empty();
  };
  if (atoms.empty() || may_match_without(-1)) return {};
  std::string longest;
  for (int i = 0; i < static_cast<int>(atoms.size()); ++i) {
    const auto& atom = atoms[static_cast<std::size_t>(i)];
    if (atom.size() > longest.size() && !may_match_without(i)) longest = atom;
  }
  return longest.empty() ? atoms : std::vector<std::string>{longest};
}

}  // namespace

bool parse_number(std::string_view text, double& out) {
  if (text.empty() || text.size() > 40) return false;
  if (text.front() == '+') text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size() && std::isfinite(out);
}

SigmaText SigmaText::plain(std::string_view text) {
  SigmaText out;
  if (!text.empty()) out.pieces.push_back({Part::literal, std::string(text)});
  return out;
}

SigmaText SigmaText::parse(std::string_view text) {
  SigmaText out;
  std::string literal;
  const auto end_literal = [&] {
    if (!literal.empty()) out.pieces.push_back({Part::literal, std::move(literal)});
    literal.clear();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool escapes =
        c == '\\' && i + 1 < text.size() && (text[i + 1] == '*' || text[i + 1] == '?' || text[i + 1] == '\\');
    if (escapes) {
      literal += text[++i];
    } else if (c == '*' || c == '?') {
      end_literal();
      out.pieces.push_back({c == '*' ? Part::any_run : Part::any_one, {}});
    } else {
      literal += c;
    }
  }
  end_literal();
  return out;
}

bool SigmaText::has_wildcards() const {
  return std::ranges::any_of(pieces, [](const Piece& piece) { return piece.part != Part::literal; });
}
std::string SigmaText::literal() const { return pieces.empty() ? std::string() : pieces.front().literal; }
void SigmaText::begin_with_any() {
  if (pieces.empty() || pieces.front().part != Part::any_run) pieces.insert(pieces.begin(), {Part::any_run, {}});
}
void SigmaText::end_with_any() {
  if (pieces.empty() || pieces.back().part != Part::any_run) pieces.push_back({Part::any_run, {}});
}

SigmaPattern SigmaPattern::text(const SigmaText& text, bool cased) {
  const auto needs_regex = [&](const SigmaText::Piece& piece) {
    return piece.part == SigmaText::Part::any_one || (!cased && !is_ascii(piece.literal));
  };
  if (std::ranges::any_of(text.pieces, needs_regex)) {
    std::string source = "\\A", longest;
    for (const auto& piece : text.pieces) {
      if (piece.part == SigmaText::Part::any_run) source += ".*";
      if (piece.part == SigmaText::Part::any_one) source += ".";
      if (piece.part != SigmaText::Part::literal) continue;
      source += RE2::QuoteMeta(piece.literal);
      if (is_ascii(piece.literal) && piece.literal.size() > longest.size()) longest = folded(piece.literal);
    }
    Regex regex{compile(source + "\\z", !cased, false, true), {}};
    if (!longest.empty()) regex.literals.push_back(longest);
    return SigmaPattern(std::move(regex));
  }
  Runs runs;
  runs.cased = cased;
  const auto is_any = [](const SigmaText::Piece& piece) { return piece.part == SigmaText::Part::any_run; };
  runs.anchored_start = text.pieces.empty() || !is_any(text.pieces.front());
  runs.anchored_end = text.pieces.empty() || !is_any(text.pieces.back());
  for (const auto& piece : text.pieces)
    if (!is_any(piece)) runs.literals.push_back(cased ? piece.literal : folded(piece.literal));
  if (!text.has_wildcards()) runs.is_number = parse_number(text.literal(), runs.number);
  return SigmaPattern(std::move(runs));
}

SigmaPattern SigmaPattern::number(double number, std::string_view as_written) {
  return SigmaPattern(Number{number, std::string(as_written)});
}
SigmaPattern SigmaPattern::null() { return SigmaPattern(Presence{false}); }
SigmaPattern SigmaPattern::exists(bool exists) { return SigmaPattern(Presence{exists}); }
SigmaPattern SigmaPattern::order(Order order, double bound) { return SigmaPattern(Bound{order, bound}); }
SigmaPattern SigmaPattern::other_field(int field, Place place, bool cased) {
  return SigmaPattern(OtherField{field, place, cased});
}

SigmaPattern SigmaPattern::regex(std::string_view text, bool no_case, bool multiline, bool dot_all,
                                 std::string& error) {
  auto re = compile(text, no_case, multiline, dot_all);
  if (!re->ok()) error = re->error();
  auto literals = re->ok() ? literals_of(*re) : std::vector<std::string>();
  return SigmaPattern(Regex{std::move(re), std::move(literals)});
}

SigmaPattern SigmaPattern::cidr(std::string_view text, std::string& error) {
  Network network;
  const auto slash = text.find('/');
  const std::string address(text.substr(0, slash));
  network.is_v6 = address.find(':') != std::string::npos;
  const int most = network.is_v6 ? 128 : 32;
  if (::inet_pton(network.is_v6 ? AF_INET6 : AF_INET, address.c_str(), network.address.data()) != 1) {
    error = "no IP address before the slash";
    return SigmaPattern(network);
  }
  const auto bits = slash == std::string_view::npos ? std::string_view() : text.substr(slash + 1);
  const auto [end, code] = std::from_chars(bits.data(), bits.data() + bits.size(), network.bits);
  if (code != std::errc{} || end != bits.data() + bits.size() || network.bits < 0 || network.bits > most)
    error = "no number of bits from 0 to " + std::to_string(most) + " after the slash";
  return SigmaPattern(network);
}

bool SigmaPattern::Runs::fits(std::string_view text) const {
  if (literals.empty()) return !(anchored_start && anchored_end) || text.empty();
  if (anchored_start && anchored_end && literals.size() == 1) return text == literals.front();
  std::size_t first = 0, last = literals.size();
  if (anchored_start) {
    if (!text.starts_with(literals.front())) return false;
    text.remove_prefix(literals.front().size());
    ++first;
  }
  if (anchored_end) {
    if (!text.ends_with(literals.back())) return false;
    text.remove_suffix(literals.back().size());
    --last;
  }
  for (auto i = first; i < last; ++i) {
    const void* const found = ::memmem(text.data(), text.size(), literals[i].data(), literals[i].size());
    if (found == nullptr) return false;
    text.remove_prefix(static_cast<std::size_t>(static_cast<const char*>(found) - text.data()) + literals[i].size());
  }
  return true;
}

bool SigmaPattern::holds(const Runs& test, const SigmaValue& value) {
  if (value.type == SigmaType::null || value.type == SigmaType::object) return false;
  if (test.is_number && value.type == SigmaType::number && test.number == value.number) return true;
  return test.fits(test.cased ? value.text : value.folded);
}

bool SigmaPattern::holds(const Number& test, const SigmaValue& value) {
  double number = value.number;
  if (value.type == SigmaType::text && !parse_number(value.text, number)) return false;
  if (value.type != SigmaType::text && value.type != SigmaType::number) return false;
  return number == test.number && (std::abs(number) < exact_bound || value.text == test.text);
}

bool SigmaPattern::holds(const Bound& test, const SigmaValue& value) {
  double number = value.number;
  if (value.type == SigmaType::text && !parse_number(value.text, number)) return false;
  if (value.type != SigmaType::text && value.type != SigmaType::number) return false;
  switch (test.order) {
    case Order::lt: return number < test.bound;
    case Order::lte: return number <= test.bound;
    case Order::gt: return number > test.bound;
    case Order::gte: return number >= test.bound;
  }
  return false;
}

bool SigmaPattern::holds(const Regex& test, const SigmaValue& value) {
  if (value.type == SigmaType::null || value.type == SigmaType::object) return false;
  return RE2::PartialMatch(re2::StringPiece(value.text.data(), value.text.size()), *test.re);
}

bool SigmaPattern::holds(const Network& test, const SigmaValue& value) {
  if (value.type != SigmaType::text || value.text.size() > 45) return false;
  char text[46];
  std::memcpy(text, value.text.data(), value.text.size());
  text[value.text.size()] = '\0';
  std::array<std::uint8_t, 16> address{};
  if (::inet_pton(test.is_v6 ? AF_INET6 : AF_INET, text, address.data()) != 1) return false;
  const auto whole = static_cast<std::size_t>(test.bits / 8);
  if (std::memcmp(address.data(), test.address.data(), whole) != 0) return false;
  const int rest = test.bits % 8;
  return rest == 0 || ((address[whole] ^ test.address[whole]) >> (8 - rest)) == 0;
}

bool SigmaPattern::matches(const SigmaValue& value) const {
  return std::visit(
      [&](const auto& test) {
        if constexpr (requires { holds(test, value); }) {
          return holds(test, value);
        } else {
          return false;
        }
      },
      test_);
}

bool SigmaPattern::matches(const SigmaEvent& event, int field) const {
  if (const auto* presence = std::get_if<Presence>(&test_)) {
    bool is_there = false;
    for (int i = event.first(field); i >= 0; i = event.next(i)) is_there |= event.value(i).type != SigmaType::null;
    return is_there == presence->exists;
  }
  if (const auto* other = std::get_if<OtherField>(&test_)) {
    for (int i = event.first(field); i >= 0; i = event.next(i)) {
      const auto& value = event.value(i);
      if (value.type == SigmaType::null || value.type == SigmaType::object) continue;
      for (int j = event.first(other->field); j >= 0; j = event.next(j)) {
        const auto& with = event.value(j);
        if (with.type == SigmaType::null || with.type == SigmaType::object) continue;
        const auto a = other->cased ? value.text : value.folded, b = other->cased ? with.text : with.folded;
        switch (other->place) {
          case Place::whole:
            if (a == b) return true;
            break;
          case Place::anywhere:
            if (a.find(b) != std::string_view::npos) return true;
            break;
          case Place::start:
            if (a.starts_with(b)) return true;
            break;
          case Place::end:
            if (a.ends_with(b)) return true;
            break;
        }
      }
    }
    return false;
  }
  for (int i = event.first(field); i >= 0; i = event.next(i))
    if (matches(event.value(i))) return true;
  return false;
}

std::vector<SigmaHint> SigmaPattern::hints() const {
  using Kind = SigmaHint::Kind;
  if (const auto* runs = std::get_if<Runs>(&test_)) {
    if (runs->anchored_start && runs->anchored_end && runs->literals.size() <= 1) {
      const auto text = runs->literals.empty() ? std::string() : folded(runs->literals.front());
      return {{runs->is_number ? Kind::either : Kind::text, text, runs->number}};
    }
    std::string longest;
    for (const auto& literal : runs->literals)
      if (literal.size() > longest.size()) longest = folded(literal);
    if (!longest.empty()) return {{Kind::literal, longest, 0}};
  }
  if (const auto* number = std::get_if<Number>(&test_)) return {{Kind::number, {}, number->number}};
  if (const auto* regex = std::get_if<Regex>(&test_); regex != nullptr && !regex->literals.empty()) {
    std::vector<SigmaHint> out;
    for (const auto& literal : regex->literals) out.push_back({Kind::literal, literal, 0});
    return out;
  }
  if (const auto* presence = std::get_if<Presence>(&test_); presence != nullptr && !presence->exists)
    return {{Kind::none, {}, 0}};
  return {{}};
}

}  // namespace vigia
