#include "chaos_broker.h"

#include <memory>
#include <stdexcept>

namespace vigia::test {

ChaosBroker& ChaosBroker::shared() {
  static const std::unique_ptr<ChaosBroker> instance(new ChaosBroker);
  return *instance;
}

ChaosBroker::ChaosBroker() {
  status_ = proxy_.start();
  if (status_.ok()) status_ = broker_.start(proxy_.port());
  if (status_.ok()) proxy_.lead_to(broker_.proxied_port());
}

void ChaosBroker::heal() {
  proxy_.pass();
  thaw();
  restart();
}

void ChaosBroker::kill() {
  thaw();
  broker_.kill();
  down_ = true;
}

void ChaosBroker::restart() {
  if (!down_) return;
  if (const Status status = broker_.start_again(); !status.ok()) throw std::runtime_error(status.text);
  down_ = false;
}

void ChaosBroker::freeze() {
  if (down_ || frozen_) return;
  broker_.freeze();
  frozen_ = true;
}

void ChaosBroker::thaw() {
  if (frozen_) broker_.thaw();
  frozen_ = false;
}

}  // namespace vigia::test
