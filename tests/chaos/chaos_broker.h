// The one broker of the chaos tests, with a proxy in front: the engine goes through it, the tests go straight.
#pragma once

#include <string>

#include "proxy.h"
#include "tests/integration/broker.h"

namespace vigia::test {

class ChaosBroker {
 public:
  // Started by the first call; lives to the end of the program.
  static ChaosBroker& shared();

  [[nodiscard]] const Status& status() const { return status_; }
  [[nodiscard]] const std::string& straight() const { return broker_.bootstrap(); }
  [[nodiscard]] std::string proxied() const { return "127.0.0.1:" + std::to_string(proxy_.port()); }

  [[nodiscard]] Broker& broker() { return broker_; }
  [[nodiscard]] Proxy& proxy() { return proxy_; }

  // Whatever was done to it: it runs, and the proxy lets everything through.
  void heal();
  void kill();     // -9
  void restart();  // after kill(); throws when it does not come back
  void freeze();
  void thaw();

 private:
  ChaosBroker();

  Broker broker_;
  Proxy proxy_;
  Status status_;
  bool down_ = false, frozen_ = false;
};

}  // namespace vigia::test
