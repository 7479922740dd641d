#include "connectors/file_sink.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "temp_directory.h"

namespace vigia::test {
namespace {

Alert alert(std::uint32_t revision) {
  Alert a;
  a.alert_id = std::string(32, 'f');
  a.revision = revision;
  a.message = "ligne\n\"two\"";
  return a;
}

std::vector<std::string> lines_of(const std::string& path) {
  std::ifstream in(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

TEST(FileSink, WritesOneRevisionALineInOrder) {
  TempDirectory dir;
  {
    FileSink sink(dir / "out.jsonl");
    ASSERT_TRUE(sink.open().ok());
    ASSERT_TRUE(sink.write(std::vector{alert(1), alert(2)}).ok());
    ASSERT_TRUE(sink.flush().ok());
    ASSERT_TRUE(sink.write(std::vector{alert(3)}).ok());
  }
  const auto lines = lines_of(dir / "out.jsonl");
  ASSERT_EQ(lines.size(), 3u);
  for (int i = 0; i < 3; ++i) {
    EXPECT_NE(lines[static_cast<std::size_t>(i)].find("\"revision\":" + std::to_string(i + 1)), std::string::npos);
  }
}

TEST(FileSink, AppendsWhenAskedAndElseBeginsAnew) {
  TempDirectory dir;
  for (const bool append : {false, true, false}) {
    FileSink sink(dir / "out.jsonl");
    ASSERT_TRUE(sink.open(append).ok());
    ASSERT_TRUE(sink.write(std::vector{alert(1)}).ok());
    ASSERT_TRUE(sink.flush().ok());
    EXPECT_EQ(lines_of(dir / "out.jsonl").size(), append ? 2u : 1u);
  }
}

TEST(FileSink, AFullDiskIsAStatusAndTheLinesStay) {
  FileSink sink("/dev/full");
  ASSERT_TRUE(sink.open().ok());
  ASSERT_TRUE(sink.write(std::vector{alert(1)}).ok());
  EXPECT_EQ(sink.flush().fault, Fault::storage);
  EXPECT_EQ(sink.flush().fault, Fault::storage);
}

TEST(FileSink, APathThatCannotBeWrittenIsNamed) {
  FileSink sink("/nonexistent/out.jsonl");
  const Status status = sink.open();
  EXPECT_EQ(status.fault, Fault::storage);
  EXPECT_NE(status.text.find("/nonexistent/out.jsonl"), std::string::npos);
}

}  // namespace
}  // namespace vigia::test
