#include "connectors/line_reader.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace vigia {

namespace {

constexpr std::size_t chunk_bytes = std::size_t{1} << 20;

Status failed(const std::string& path, int error) {
  return Status::of(Fault::unreadable, fmt::format("{}: {}", path, std::strerror(error)));
}

}  // namespace

LineReader::~LineReader() { close_file(); }

Status LineReader::check() {
  bytes_total_ = 0;
  bool known = true;
  for (const auto& path : paths_) {
    if (path == "-") {
      known = false;
      continue;
    }
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) return failed(path, errno);
    if (S_ISDIR(info.st_mode)) return failed(path, EISDIR);
    if (::access(path.c_str(), R_OK) != 0) return failed(path, errno);
    if (S_ISREG(info.st_mode))
      bytes_total_ += static_cast<std::uint64_t>(info.st_size);
    else
      known = false;
  }
  if (!known) bytes_total_ = 0;
  return Status::good();
}

Status LineReader::open_file() {
  fd_ = path() == "-" ? ::dup(STDIN_FILENO) : ::open(path().c_str(), O_RDONLY | O_CLOEXEC);
  if (fd_ < 0) return failed(path(), errno);
  end_of_file_ = false;
  line_number_ = 0;
  return Status::good();
}

void LineReader::close_file() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

Status LineReader::fill() {
  if (end_ == capacity_) {
    const std::size_t kept = end_ - begin_;
    const std::size_t capacity = std::max(chunk_bytes, kept * 2);
    std::shared_ptr<char[]> fresh(new char[capacity + padding_bytes]);
    std::memset(fresh.get(), 0, capacity + padding_bytes);
    if (kept > 0) std::memcpy(fresh.get(), chunk_.get() + begin_, kept);
    chunk_ = std::move(fresh);
    begin_ = 0;
    end_ = kept;
    capacity_ = capacity;
  }
  while (true) {
    const ssize_t got = ::read(fd_, chunk_.get() + end_, capacity_ - end_);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(path(), errno);
    end_of_file_ = got == 0;
    end_ += static_cast<std::size_t>(got);
    bytes_read_ += static_cast<std::uint64_t>(got);
    return Status::good();
  }
}

Status LineReader::next(std::string_view& line, bool& more) {
  std::size_t searched = begin_;
  more = true;
  while (file_ < paths_.size()) {
    if (fd_ < 0) {
      if (Status status = open_file(); !status.ok()) return status;
    }
    const void* newline = end_ > searched ? std::memchr(chunk_.get() + searched, '\n', end_ - searched) : nullptr;
    if (newline != nullptr || (end_of_file_ && end_ > begin_)) {
      const std::size_t stop =
          newline != nullptr ? static_cast<std::size_t>(static_cast<const char*>(newline) - chunk_.get()) : end_;
      line = {chunk_.get() + begin_, stop - begin_};
      if (line.ends_with('\r')) line.remove_suffix(1);
      begin_ = std::min(stop + 1, end_);
      ++line_number_;
      return Status::good();
    }
    if (end_of_file_) {
      close_file();
      ++file_;
      searched = begin_;
      continue;
    }
    const std::size_t pending = end_ - begin_;
    if (Status status = fill(); !status.ok()) return status;
    searched = begin_ + pending;
  }
  more = false;
  return Status::good();
}

}  // namespace vigia
