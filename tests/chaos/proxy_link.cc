#include "proxy_link.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace vigia::test {

namespace {
constexpr std::size_t queue_limit = 1 << 20;  // then the sender waits, as with any network
constexpr double burst_s = 0.1;               // what a throttled flow may save up
}  // namespace

ProxyLink::ProxyLink(Proxy& proxy, int client, int broker)
    : proxy_(proxy), up_{client, broker, FrameScanner(true)}, down_{broker, client, FrameScanner(false)} {
  ::fcntl(broker, F_SETFL, O_NONBLOCK);
  for (const int fd : {client, broker}) {
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
}

ProxyLink::~ProxyLink() {
  ::close(up_.from);
  ::close(up_.to);
}

bool ProxyLink::wants(const ProxyRules& rules, std::vector<pollfd>& fds) const {
  if (rules.held) return false;
  for (const Flow* flow : {&up_, &down_}) {
    if (flow->queued < queue_limit) fds.push_back({flow->from, POLLIN, 0});
    if (flow->queued > 0 && rules.delay_ms == 0 && rules.bytes_per_s == 0) fds.push_back({flow->to, POLLOUT, 0});
  }
  return up_.queued + down_.queued > 0;
}

bool ProxyLink::move(const ProxyRules& rules) {
  if (rules.held) return true;
  return read(up_, true, rules) && read(down_, false, rules) && write(up_, rules) && write(down_, rules) && !close_;
}

bool ProxyLink::read(Flow& flow, bool requests, const ProxyRules& rules) {
  std::array<char, 65536> buffer;
  while (flow.queued < queue_limit) {
    const auto got = ::recv(flow.from, buffer.data(), buffer.size(), 0);
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    if (got == 0) return false;
    std::string passed;
    const auto on_frame = [&](std::string_view header) {
      if (!requests) return answer_passes(header);
      asked_[read_int32(header, 8)] = static_cast<std::int16_t>(read_int32(header, 4) >> 16);
      return true;
    };
    flow.scanner.feed({buffer.data(), static_cast<std::size_t>(got)}, on_frame,
                      [&](std::string_view bytes) { passed += bytes; });
    if (passed.empty()) continue;
    flow.queued += passed.size();
    flow.chunks.push_back({Clock::now() + std::chrono::milliseconds(rules.delay_ms), std::move(passed)});
  }
  return true;
}

bool ProxyLink::answer_passes(std::string_view header) {
  const auto asked = asked_.find(read_int32(header, 4));
  if (asked == asked_.end()) return true;
  bool by_closing = false;
  const bool lost = proxy_.loses_answer_to(asked->second, by_closing);
  close_ = close_ || (lost && by_closing);
  asked_.erase(asked);
  return !lost;
}

bool ProxyLink::write(Flow& flow, const ProxyRules& rules) {
  const auto now = Clock::now();
  const double since_s = std::chrono::duration<double>(now - std::exchange(flow.paid, now)).count();
  flow.allowance = std::min(flow.allowance + since_s * rules.bytes_per_s, rules.bytes_per_s * burst_s);
  while (!flow.chunks.empty() && flow.chunks.front().due <= now) {
    std::string& bytes = flow.chunks.front().bytes;
    const std::size_t most =
        rules.bytes_per_s == 0 ? bytes.size() : std::min(bytes.size(), static_cast<std::size_t>(flow.allowance));
    if (most == 0) return true;
    const auto sent = ::send(flow.to, bytes.data(), most, MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN || errno == EINTR;
    if (rules.bytes_per_s > 0) flow.allowance -= static_cast<double>(sent);
    flow.queued -= static_cast<std::size_t>(sent);
    bytes.erase(0, static_cast<std::size_t>(sent));
    if (bytes.empty()) flow.chunks.pop_front();
  }
  return true;
}

}  // namespace vigia::test
