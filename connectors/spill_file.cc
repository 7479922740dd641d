#include "connectors/spill_file.h"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>

namespace vigia {

SpillFile::~SpillFile() {
  if (file_ >= 0) ::close(file_);
}

bool SpillFile::failed(const char* what) {
  error_ = fmt::format("{}: {}: {}", directory_, what, std::strerror(errno));
  return false;
}

bool SpillFile::open() {
  if (file_ >= 0) return true;
  std::error_code error;
  std::filesystem::create_directories(directory_, error);
  std::string name = directory_ + "/spill-XXXXXX";
  file_ = ::mkostemp(name.data(), O_CLOEXEC);
  if (file_ < 0) return failed("can't make a file");
  ::unlink(name.c_str());
  ::posix_fadvise(file_, 0, 0, POSIX_FADV_RANDOM);
  return true;
}

// The current one, one that is free, or one more at the end. What was chosen counts as current only once it is written to.
std::size_t SpillFile::segment_with_room(std::size_t bytes) {
  if (bytes > segment_bytes_) return segments_.size();
  if (current_ != none && segments_[current_].used + bytes <= segment_bytes_) return current_;
  return free_.empty() ? segments_.size() : free_.back();
}

std::optional<std::uint64_t> SpillFile::write(std::string_view bytes) {
  if (!open()) return std::nullopt;
  const auto at = segment_with_room(bytes.size());
  const auto within = at == current_ ? segments_[at].used : 0;
  const auto offset_bytes = std::uint64_t{at} * segment_bytes_ + within;
  for (std::size_t done = 0; done < bytes.size();) {
    const auto written =
        ::pwrite(file_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset_bytes + done));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      static_cast<void>(failed("can't write"));
      return std::nullopt;
    }
    done += static_cast<std::size_t>(written);
  }
  const auto length = (bytes.size() + segment_bytes_ - 1) / segment_bytes_;
  if (at == segments_.size()) {
    segments_.resize(at + length);
    for (std::size_t i = 1; i < length; ++i) segments_[at + i].first = at;
    segments_[at].length = length;
  } else if (at != current_) {
    free_.pop_back();
  }
  if (length == 1) {
    const auto before = std::exchange(current_, at);
    // Nothing of the one before is left: it was not freed while it was current.
    if (before != none && before != at && segments_[before].live == 0) {
      used_bytes_ -= std::exchange(segments_[before].used, 0);
      free_.push_back(before);
    }
  }
  segments_[at].used += bytes.size();
  segments_[at].live += bytes.size();
  used_bytes_ += bytes.size();
  live_bytes_ += bytes.size();
  return offset_bytes;
}

void SpillFile::release(std::uint64_t offset_bytes, std::size_t bytes) {
  auto at = static_cast<std::size_t>(offset_bytes / segment_bytes_);
  auto& segment = segments_[at];
  segment.live -= bytes;
  live_bytes_ -= bytes;
  if (segment.live > 0 || at == current_) return;
  used_bytes_ -= std::exchange(segment.used, 0);
  for (auto i = std::exchange(segment.length, 1); i-- > 0;) {
    segments_[at + i] = {};
    free_.push_back(at + i);
  }
}

std::optional<ColdStore::Stretch> SpillFile::sparse() {
  const auto dead_bytes = used_bytes_ - live_bytes_;
  if (dead_bytes <= live_bytes_ || dead_bytes <= 4 * segment_bytes_) return std::nullopt;
  auto best = none;
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    const auto& segment = segments_[i];
    if (segment.live == 0 || i == current_ || segment.length > 1) continue;
    if (best == none || segment.live < segments_[best].live) best = i;
  }
  if (best == none || segments_[best].live * 2 > segments_[best].used) return std::nullopt;
  return Stretch{std::uint64_t{best} * segment_bytes_, segments_[best].used};
}

// True: the bytes were in the page cache, and are in buffer_.
bool SpillFile::read_now(std::uint64_t offset_bytes, std::size_t bytes) {
  buffer_.resize(std::max(buffer_.size(), bytes));
  const iovec into{buffer_.data(), bytes};
  return ::preadv2(file_, &into, 1, static_cast<off_t>(offset_bytes), RWF_NOWAIT) == static_cast<ssize_t>(bytes);
}

bool SpillFile::read_into(std::uint64_t offset_bytes, std::size_t bytes, std::string& out) {
  if (file_ < 0) return failed("nothing was written");
  out.resize(std::max(out.size(), bytes));
  for (std::size_t done = 0; done < bytes;) {
    const auto got = ::pread(file_, out.data() + done, bytes - done, static_cast<off_t>(offset_bytes + done));
    if (got < 0 && errno == EINTR) continue;
    if (got == 0) errno = ENODATA;
    if (got <= 0) return failed("can't read");
    done += static_cast<std::size_t>(got);
  }
  return true;
}

bool SpillFile::read(std::span<const ColdPlace> places, const Read& read) {
  // What is not in the page cache is asked for first, all of it, and waited for afterwards.
  std::vector<std::size_t> elsewhere;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const auto offset_bytes = places[i].offset_bytes();
    const auto bytes = places[i].bytes();
    if (read_now(offset_bytes, bytes)) {
      read(i, std::string_view(buffer_).substr(0, bytes));
      continue;
    }
    ::posix_fadvise(file_, static_cast<off_t>(offset_bytes), static_cast<off_t>(bytes), POSIX_FADV_WILLNEED);
    elsewhere.push_back(i);
  }
  for (const auto i : elsewhere) {
    if (!read_into(places[i].offset_bytes(), places[i].bytes(), buffer_)) return false;
    read(i, std::string_view(buffer_).substr(0, places[i].bytes()));
  }
  return true;
}

bool SpillFile::read_at(std::uint64_t offset_bytes, std::size_t bytes, std::string& out) {
  out.clear();
  return read_into(offset_bytes, bytes, out);
}

ColdStoreMaker spill_files(std::string directory) {
  return [directory = std::move(directory)] { return std::make_unique<SpillFile>(directory); };
}

}  // namespace vigia
