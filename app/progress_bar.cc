#include "app/progress_bar.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

namespace vigia {
namespace {
constexpr int width = 30;
}

bool is_terminal(int descriptor) { return ::isatty(descriptor) == 1; }

ProgressBar::ProgressBar(std::uint64_t total) : enabled_(total > 0 && is_terminal(STDERR_FILENO)), total_(total) {}

ProgressBar::~ProgressBar() {
  if (enabled_ && percent_ >= 0) fmt::print(stderr, "\r\x1b[K");
}

void ProgressBar::show(std::uint64_t done, std::string_view words) {
  if (!enabled_) return;
  const int percent = static_cast<int>(std::min(done, total_) * 100 / total_);
  if (percent == percent_) return;
  percent_ = percent;
  const int filled = percent * width / 100;
  fmt::print(stderr, "\r\x1b[K[{:=<{}}{: <{}}] {:3}%  {}", "", filled, "", width - filled, percent, words);
  std::fflush(stderr);
}

}  // namespace vigia
