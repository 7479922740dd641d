#include "connectors/instance_name.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <random>
#include <utility>

#include "connectors/text_file.h"

namespace vigia {
namespace {

constexpr std::size_t digits = 16;

bool is_name(const std::string& text) {
  return text.size() == digits && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

// Whole or not there, also when the power goes.
bool write_synced(const std::string& path, const std::string& text) {
  const std::string fresh = path + ".new";
  const int file = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return false;
  bool good = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  good = ::fsync(file) == 0 && good;
  good = ::close(file) == 0 && good;
  return good && ::rename(fresh.c_str(), path.c_str()) == 0;
}

}  // namespace

Status read_instance_name(const std::string& directory, std::string& out) {
  const std::string path = directory + "/instance";
  if (const std::optional<std::string> text = read_text_file(path)) {
    out = text->substr(0, text->find('\n'));
    if (is_name(out)) return Status::good();
    return Status::of(Fault::damaged, fmt::format("{}: found '{}', expected {} hex digits; remove it to get a new name",
                                                  path, out, digits));
  }
  std::random_device random;
  out = fmt::format("{:08x}{:08x}", random(), random());
  if (write_synced(path, out + "\n")) return Status::good();
  return Status::of(Fault::storage, fmt::format("{}: {}", path, std::strerror(errno)));
}

Status fenced_by_another(std::string text) {
  return Status::of(
      Fault::fenced,
      std::move(text) +
          ": another process runs as this instance; was the state directory copied? Give each process its "
          "own, and remove the file `instance` from a copy");
}

}  // namespace vigia
