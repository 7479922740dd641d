// A real Apache Kafka broker of our own, on loopback, for as long as the object lives. See broker.sh.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>

#include "connectors/status.h"

namespace vigia::test {

class Broker {
 public:
  Broker() = default;
  ~Broker();
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;

  // Starts on free ports with an empty directory, and waits until it answers. What it needs (Java, Maven or the jars) may
  // be missing: then the text says so.
  // `advertised_port`: where a proxy stands that leads to proxied_port(); who comes through it is sent there again.
  [[nodiscard]] Status start(std::uint16_t advertised_port = 0);

  [[nodiscard]] const std::string& bootstrap() const { return bootstrap_; }  // "127.0.0.1:PORT"
  [[nodiscard]] std::uint16_t proxied_port() const { return proxied_port_; }

  // Away at once and without a word, and back with its data on the same port.
  void kill();
  [[nodiscard]] Status start_again();
  // Not gone, but not answering.
  void freeze();
  void thaw();

 private:
  [[nodiscard]] Status launch();
  [[nodiscard]] Status wait_until_ready();

  std::filesystem::path directory_;
  std::uint16_t port_ = 0, controller_port_ = 0, proxied_port_ = 0, advertised_port_ = 0;
  std::string bootstrap_;
  pid_t pid_ = -1;
};

}  // namespace vigia::test
