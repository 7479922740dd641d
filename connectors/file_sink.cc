#include "connectors/file_sink.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "schemas/json_writer.h"

namespace vigia {

namespace {
constexpr std::size_t pending_bytes_max = std::size_t{1} << 20;
}

FileSink::~FileSink() {
  (void)drain();
  if (fd_ > STDERR_FILENO) ::close(fd_);
}

Status FileSink::open(bool append) {
  fd_ = path_ == "-" ? STDOUT_FILENO
                     : ::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | (append ? O_APPEND : O_TRUNC), 0644);
  if (fd_ >= 0) return Status::good();
  return Status::of(Fault::storage, fmt::format("{}: {}", path_, std::strerror(errno)));
}

Status FileSink::write(std::span<const Alert> alerts) {
  for (const Alert& alert : alerts) {
    json::append_json(alert, pending_);
    pending_ += '\n';
  }
  return pending_.size() < pending_bytes_max ? Status::good() : drain();
}

// What could not be written stays, so that a full disk loses no line.
Status FileSink::drain() {
  std::size_t done = 0;
  Status status;
  while (done < pending_.size() && fd_ >= 0) {
    const ssize_t wrote = ::write(fd_, pending_.data() + done, pending_.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) {
      status = Status::of(Fault::storage, fmt::format("{}: {}", path_, std::strerror(errno)));
      break;
    }
    done += static_cast<std::size_t>(wrote);
  }
  pending_.erase(0, done);
  return status;
}

Status FileSink::flush() { return drain(); }

}  // namespace vigia
