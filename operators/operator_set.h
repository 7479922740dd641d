// The operators of a stage's rules, each with its place in the key's state.
//
// An operator is a small class derived from OperatorBase with a `kind`, a constructor from its rule (or from that and the site
// model), and what its stage calls. `struct State`, where it has one: bytes of the key's state; equal states must be equal
// bytes. `state_bytes()`, where it has one: how many it takes, its State first and zeros behind it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

#include "operators/rule.h"
#include "operators/site_model.h"

namespace vigia {

// The common beginning of every operator: which rule it is.
struct OperatorBase {
  std::uint16_t rule = 0;
};

template <class Operator>
concept HasState = requires {
  typename Operator::State;
};

template <class Operator>
[[nodiscard]] auto& state_of(std::byte* bytes) {
  return *reinterpret_cast<typename Operator::State*>(bytes);
}

template <class... Operators>
class OperatorSet {
 public:
  template <class Operator>
  struct Placed {
    Operator op;
    std::size_t offset;  // of its State
  };

  // States begin behind so many bytes.
  explicit OperatorSet(std::size_t first_byte) : state_bytes_(first_byte) {}

  [[nodiscard]] std::size_t state_bytes() const { return state_bytes_; }

  // Calls added(operator) for each that is of the rule's kind. False when none is.
  template <class Added>
  bool add(const RuleSpec& spec, std::uint16_t rule, const SiteModel& site, Added&& added) {
    bool found = false;
    const auto offer = [&]<class Operator>(std::vector<Placed<Operator>>& placed) {
      if (Operator::kind != spec.kind) return;
      found = true;
      placed.push_back({make<Operator>(spec, site), state_bytes_});
      placed.back().op.rule = rule;
      state_bytes_ += bytes_of(placed.back().op);
      added(placed.back().op);
    };
    std::apply([&](auto&... kinds) { (offer(kinds), ...); }, operators_);
    return found;
  }

  template <class Operator>
  [[nodiscard]] const std::vector<Placed<Operator>>& all() const {
    return std::get<std::vector<Placed<Operator>>>(operators_);
  }

  // Calls call(operator, its state's bytes) for each operator. `state`: the key's.
  template <class Call>
  void each(std::byte* state, Call&& call) const {
    const auto each_of = [&](const auto& placed) {
      for (const auto& entry : placed) call(entry.op, state + entry.offset);
    };
    std::apply([&](const auto&... kinds) { (each_of(kinds), ...); }, operators_);
  }

  // REQUIRES: the bytes are zero.
  void new_state(std::byte* state) const {
    each(state, []<class Operator>(const Operator&, std::byte* bytes) {
      if constexpr (HasState<Operator>) new (bytes) typename Operator::State;
    });
  }

  [[nodiscard]] bool has_rule(std::uint16_t rule) const {
    bool found = false;
    each(nullptr, [&](const auto& op, std::byte*) { found |= op.rule == rule; });
    return found;
  }

  // Takes over the state of the operator that was rule `from` in `before`, where it takes as many bytes. Calls
  // carried(operator, its state's bytes).
  template <class FromRule, class Carried>
  void carry(std::byte* state, const OperatorSet& before, const std::byte* old_state, FromRule&& from,
             Carried&& carried) const {
    each(state, [&]<class Operator>(const Operator& op, [[maybe_unused]] std::byte* bytes) {
      if constexpr (HasState<Operator>) {
        for (const auto& old : before.template all<Operator>()) {
          if (old.op.rule != from(op.rule) || bytes_of(old.op) != bytes_of(op)) continue;
          std::memcpy(bytes, old_state + old.offset, bytes_of(op));
          carried(op, bytes);
        }
      }
    });
  }

 private:
  template <class Operator>
  static Operator make(const RuleSpec& spec, const SiteModel& site) {
    if constexpr (std::is_constructible_v<Operator, const RuleSpec&, const SiteModel&>)
      return Operator(spec, site);
    else
      return Operator(spec);
  }
  template <class Operator>
  static std::size_t bytes_of([[maybe_unused]] const Operator& op) {
    if constexpr (requires { op.state_bytes(); })
      return op.state_bytes();
    else if constexpr (HasState<Operator>)
      return sizeof(typename Operator::State);
    else
      return 0;
  }

  std::size_t state_bytes_;
  std::tuple<std::vector<Placed<Operators>>...> operators_;
};

}  // namespace vigia
