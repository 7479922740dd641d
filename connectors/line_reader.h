// Splits files into lines without copying them: lines point into large chunks, which stay as long as somebody keeps them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/status.h"

namespace vigia {

class LineReader {
 public:
  // Bytes that may be read (not written) behind the end of every line.
  static constexpr std::size_t padding_bytes = 64;

  explicit LineReader(std::vector<std::string> paths) : paths_(std::move(paths)) {}
  ~LineReader();
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  // Opens each file once, so that a missing one is found before the first is read. `-` is standard input.
  [[nodiscard]] Status check();

  // The next line without its end ("\n" or "\r\n"), file after file. `more` is false after the last.
  [[nodiscard]] Status next(std::string_view& line, bool& more);

  // Where the last line lies: what to keep, and what to say of it.
  [[nodiscard]] const std::shared_ptr<char[]>& chunk() const { return chunk_; }
  [[nodiscard]] const std::string& path() const { return paths_[file_]; }
  [[nodiscard]] std::uint64_t line_number() const { return line_number_; }
  [[nodiscard]] std::uint64_t bytes_read() const { return bytes_read_; }
  [[nodiscard]] std::uint64_t bytes_total() const { return bytes_total_; }  // 0: not known

 private:
  [[nodiscard]] Status fill();  // more bytes behind end_; none: end_of_file_
  [[nodiscard]] Status open_file();
  void close_file();

  std::vector<std::string> paths_;
  std::size_t file_ = 0;
  int fd_ = -1;
  bool end_of_file_ = false;
  std::shared_ptr<char[]> chunk_;
  std::size_t begin_ = 0, end_ = 0, capacity_ = 0;
  std::uint64_t line_number_ = 0, bytes_read_ = 0, bytes_total_ = 0;
};

}  // namespace vigia
