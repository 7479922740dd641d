#include "proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <vector>

#include "proxy_link.h"

namespace vigia::test {

namespace {

constexpr int look_again_ms = 5;  // while something is delayed or throttled

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

}  // namespace

Proxy::Proxy() = default;

Proxy::~Proxy() {
  if (!thread_.joinable()) return;
  stop_ = true;
  ::eventfd_write(waker_, 1);
  thread_.join();
  links_.clear();
  ::close(listener_);
  ::close(waker_);
}

Status Proxy::start() {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    return Status::of(Fault::fatal, "the proxy has no port");
  port_ = ntohs(address.sin_port);
  waker_ = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  thread_ = std::thread([this] { run(); });
  return Status::good();
}

void Proxy::set(const ProxyRules& rules) {
  {
    const std::lock_guard lock(mutex_);
    rules_ = rules;
  }
  ::eventfd_write(waker_, 1);
}

void Proxy::cut_now() {
  {
    const std::lock_guard lock(mutex_);
    cut_ = true;
  }
  ::eventfd_write(waker_, 1);
}

ProxyRules Proxy::rules() {
  const std::lock_guard lock(mutex_);
  return rules_;
}

bool Proxy::loses_answer_to(std::int16_t api, bool& by_closing) {
  const std::lock_guard lock(mutex_);
  by_closing = rules_.lost_by_closing;
  if (!rules_.drops_answers) {
    const bool meant = rules_.lost_api == KafkaApi::any || static_cast<std::int16_t>(rules_.lost_api) == api;
    if (rules_.lost_answers == 0 || !meant) return false;
    --rules_.lost_answers;
  }
  ++lost_;
  return true;
}

void Proxy::run() {
  std::vector<pollfd> fds;
  while (!stop_) {
    const ProxyRules now = rules();
    {
      const std::lock_guard lock(mutex_);
      if (cut_ || rules_.closed) links_.clear();
      cut_ = false;
    }
    fds.assign({{listener_, POLLIN, 0}, {waker_, POLLIN, 0}});
    bool waiting = false;
    for (const auto& link : links_) waiting |= link->wants(now, fds);
    ::poll(fds.data(), fds.size(), waiting ? look_again_ms : -1);
    eventfd_t ignored;
    ::eventfd_read(waker_, &ignored);
    take_new_ones();
    const ProxyRules then = rules();
    links_.remove_if([&](const auto& link) { return !link->move(then); });
    link_count_ = links_.size();
  }
}

void Proxy::take_new_ones() {
  for (int client; (client = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
    const int broker = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(target_);
    const bool connected = !rules().closed && ::connect(broker, reinterpret_cast<const sockaddr*>(&address),
                                                        sizeof address) == 0;  // loopback: at once or never
    if (connected) {
      links_.push_back(std::make_unique<ProxyLink>(*this, client, broker));
    } else {
      ::close(client);
      ::close(broker);
    }
  }
}

}  // namespace vigia::test
