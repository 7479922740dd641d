// The fields that detections look at, numbered, and found while an event is walked: what no rule asks for is left out
// together with all below it.
//
// A field is a path of names with dots between them. A member's name may itself hold dots: "event.action" is the same
// field as member, and as `action` within `event`.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace vigia {

// Safe to read from any thread once all fields are added.
class SigmaFields {
 public:
  static constexpr int root = 0, nothing = -1;

  SigmaFields() : nodes_(1) {}

  // The number of the field, from 0 on in the order of the first calls.
  int add(std::string_view path);
  [[nodiscard]] std::size_t size() const { return count_; }

  // The place below `node` that `name` leads to; nothing: no field lies there.
  [[nodiscard]] int child(int node, std::string_view name) const;
  // The field at a place; nothing: only what is below it is one.
  [[nodiscard]] int field_at(int node) const { return nodes_[static_cast<std::size_t>(node)].field; }

 private:
  struct Node {
    int field = nothing;
  };
  struct Edge {
    std::uint64_t hash = 0;  // of parent and name; the name itself is not kept: 64 bits tell a few thousand apart
    int child = nothing;     // nothing: free
  };
  [[nodiscard]] std::size_t slot_of(std::uint64_t hash) const;
  [[nodiscard]] int step(int node, std::string_view segment) const;
  void grow();

  std::vector<Node> nodes_;
  std::vector<Edge> edges_;  // open addressing, a power of two, at most half full
  std::size_t count_ = 0;
};

}  // namespace vigia
