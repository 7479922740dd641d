// A progress bar on standard error, when that is a terminal; nothing otherwise.
#pragma once

#include <cstdint>
#include <string_view>

namespace vigia {

[[nodiscard]] bool is_terminal(int descriptor);

class ProgressBar {
 public:
  explicit ProgressBar(std::uint64_t total);  // 0: the end is not known
  ~ProgressBar();                             // wipes the line
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  // Draws when a percent has been gained.
  void show(std::uint64_t done, std::string_view words);

 private:
  bool enabled_;
  std::uint64_t total_;
  int percent_ = -1;
};

}  // namespace vigia
