#include "operators/sigma_fields.h"

#include <xxhash.h>

namespace vigia {
namespace {

std::uint64_t hash_of(int node, std::string_view segment) {
  return XXH3_64bits_withSeed(segment.data(), segment.size(), static_cast<std::uint64_t>(node));
}

}  // namespace

// Where the edge is, or would be.
std::size_t SigmaFields::slot_of(std::uint64_t hash) const {
  const auto mask = edges_.size() - 1;
  auto at = hash & mask;
  while (edges_[at].child != nothing && edges_[at].hash != hash) at = (at + 1) & mask;
  return at;
}

int SigmaFields::step(int node, std::string_view segment) const {
  return edges_.empty() ? nothing : edges_[slot_of(hash_of(node, segment))].child;
}

int SigmaFields::child(int node, std::string_view name) const {
  for (;;) {
    const auto dot = name.find('.');
    if (dot == std::string_view::npos) return step(node, name);
    node = step(node, name.substr(0, dot));
    if (node == nothing) return nothing;
    name.remove_prefix(dot + 1);
  }
}

void SigmaFields::grow() {
  std::vector<Edge> before(edges_.empty() ? 16 : edges_.size() * 2);
  before.swap(edges_);
  for (const auto& edge : before)
    if (edge.child != nothing) edges_[slot_of(edge.hash)] = edge;
}

int SigmaFields::add(std::string_view path) {
  int node = root;
  for (bool more = true; more;) {
    const auto dot = path.find('.');
    more = dot != std::string_view::npos;
    const auto segment = path.substr(0, dot);
    int next = step(node, segment);
    if (next == nothing) {
      if (nodes_.size() * 2 >= edges_.size()) grow();
      next = static_cast<int>(nodes_.size());
      nodes_.push_back({});
      const auto hash = hash_of(node, segment);
      edges_[slot_of(hash)] = {hash, next};
    }
    node = next;
    if (more) path.remove_prefix(dot + 1);
  }
  auto& field = nodes_[static_cast<std::size_t>(node)].field;
  if (field == nothing) field = static_cast<int>(count_++);
  return field;
}

}  // namespace vigia
