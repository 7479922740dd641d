#include "connectors/simulator.h"

#include <algorithm>
#include <utility>

#include "connectors/simulated_site_day.h"
#include "connectors/simulated_truck.h"

namespace vigia {

struct Simulator::Later {
  const std::vector<std::unique_ptr<SimulatedTruck>>& trucks;
  bool operator()(std::uint32_t a, std::uint32_t b) const {
    return std::make_pair(trucks[a]->next_ms(), a) > std::make_pair(trucks[b]->next_ms(), b);
  }
};

const std::string& SimulatedEvent::key() const {
  switch (stream()) {
    case StreamId::access: return std::get<schema::AccessEventT>(event).door_id;
    case StreamId::camera: return std::get<schema::CameraEventT>(event).camera_id;
    case StreamId::trip: return std::get<schema::TripEventT>(event).seal_id;
    default: return std::get<schema::SealEventT>(event).seal_id;
  }
}

Simulator::Simulator(SimulatorOptions options, std::vector<SimulatedRoute> routes, const Equipment& equipment)
    : options_(std::move(options)), routes_(std::move(routes)) {
  of_sites_ = simulate_sites(equipment, options_, truth_);
  for (std::uint32_t i = 0; i < options_.trucks; ++i) {
    trucks_.push_back(std::make_unique<SimulatedTruck>(options_, routes_, i, truth_));
    if (trucks_.back()->next_ms() != never_ms) heap_.push_back(i);
  }
  std::make_heap(heap_.begin(), heap_.end(), Later{trucks_});
}

Simulator::~Simulator() = default;

bool Simulator::next(SimulatedEvent& event) {
  const bool has_site = next_of_sites_ < of_sites_.size();
  if (has_site && (heap_.empty() || of_sites_[next_of_sites_].broker_ms <= trucks_[heap_.front()]->next_ms())) {
    event = std::move(of_sites_[next_of_sites_++]);
    return true;
  }
  if (heap_.empty()) return false;
  std::pop_heap(heap_.begin(), heap_.end(), Later{trucks_});
  SimulatedTruck& truck = *trucks_[heap_.back()];
  event = truck.pop();
  if (truck.next_ms() == never_ms) {
    heap_.pop_back();
  } else {
    std::push_heap(heap_.begin(), heap_.end(), Later{trucks_});
  }
  return true;
}

}  // namespace vigia
