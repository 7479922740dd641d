#include "broker_fixture.h"

#include <unistd.h>

#include <cstdlib>
#include <memory>

namespace vigia::test {

namespace {

struct Shared {
  Broker broker;
  std::string bootstrap;
  Status status;
};

// Lives to the end of the program, so that every suite uses the same.
Shared& shared() {
  static const std::unique_ptr<Shared> instance = [] {
    auto made = std::make_unique<Shared>();
    if (const char* running = std::getenv("VIGIA_TEST_BROKER"); running != nullptr) {
      made->bootstrap = running;
    } else {
      made->status = made->broker.start();
      made->bootstrap = made->broker.bootstrap();
    }
    return made;
  }();
  return *instance;
}

}  // namespace

void BrokerFixture::SetUp() {
  VIGIA_NEED_BROKER(shared().status);
  client_ = std::make_unique<KafkaTestClient>(shared().bootstrap);
}

const std::string& BrokerFixture::bootstrap() const { return shared().bootstrap; }

std::string BrokerFixture::unique(const std::string& name) const {
  static int count = 0;
  return name + "." + std::to_string(::getpid()) + "." + std::to_string(++count);
}

}  // namespace vigia::test
