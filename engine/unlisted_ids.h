// What events name and the site files do not list, with how many events named it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace vigia {

// One thread at a time. Ids come from outside: of as many as events like to name, the first `ids_max` have counts of their own.
class UnlistedIds {
 public:
  static constexpr std::size_t ids_max = 1'000;
  using Counts = std::map<std::string, std::uint64_t, std::less<>>;  // events, by id

  void add(std::string_view kind, std::string_view id, std::uint64_t events = 1) {
    auto kind_at = counts_.find(kind);
    if (kind_at == counts_.end()) kind_at = counts_.emplace(kind, Counts()).first;
    Counts& ids = kind_at->second;
    if (const auto known = ids.find(id); known != ids.end()) {
      known->second += events;
    } else if (size_ < ids_max) {
      ids.emplace(id, events);
      ++size_;
    } else {
      others_ += events;
    }
  }
  UnlistedIds& operator+=(const UnlistedIds& other) {
    for (const auto& [kind, ids] : other.counts_)
      for (const auto& [id, events] : ids) add(kind, id, events);
    others_ += other.others_;
    return *this;
  }

  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::size_t size() const { return size_; }  // ids
  [[nodiscard]] const std::map<std::string, Counts, std::less<>>& by_kind() const { return counts_; }
  [[nodiscard]] std::uint64_t others() const { return others_; }  // events that named further ones

 private:
  std::map<std::string, Counts, std::less<>> counts_;
  std::size_t size_ = 0;
  std::uint64_t others_ = 0;
};

}  // namespace vigia
