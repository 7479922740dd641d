// Every alert revision as one JSON line, in order. `-` is standard output.
#pragma once

#include <string>

#include "connectors/alert_sink.h"

namespace vigia {

class FileSink : public AlertSink {
 public:
  explicit FileSink(std::string path) : path_(std::move(path)) {}
  ~FileSink() override;
  FileSink(const FileSink&) = delete;
  FileSink& operator=(const FileSink&) = delete;

  // Creates or empties the file; with `append` goes on at its end.
  [[nodiscard]] Status open(bool append = false);

  [[nodiscard]] Status write(
      std::span<const Alert> alerts) override;  // to the operating system, at the latest with flush
  [[nodiscard]] Status flush() override;

 private:
  [[nodiscard]] Status drain();

  std::string path_;
  std::string pending_;
  int fd_ = -1;
};

}  // namespace vigia
