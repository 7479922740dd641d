#include "connectors/file_source.h"

#include <gtest/gtest.h>

#include "connectors/partitioner.h"
#include "temp_directory.h"

namespace vigia::test {
namespace {

struct Line {
  std::uint16_t topic;
  std::int32_t partition;
  std::int64_t offset;
  TimeMs broker_ms;
  std::string key, value;
  bool is_tombstone;
};

struct Everything {
  std::vector<Line> lines;
  Status status;
  std::vector<std::size_t> batches;
};

Everything read(FileSource& source, std::size_t records = 1024) {
  Everything all;
  all.status = source.open({});
  RecordBatch batch;
  PollLimits limits;
  limits.records = records;
  while (all.status.ok() && !source.finished()) {
    all.status = source.poll(batch, limits);
    for (const auto& r : batch.records) {
      all.lines.push_back({r.topic.value, r.partition.value, r.offset.value, r.broker_ms, std::string(r.key),
                           std::string(r.value), r.is_tombstone});
    }
    all.batches.push_back(batch.records.size());
  }
  return all;
}

FileSource source_of(std::vector<std::string> paths, std::int32_t partitions = 1) {
  return FileSource({.paths = std::move(paths), .topics = {"seal.events", "trip.events"}, .partitions = partitions});
}

TEST(FileSource, PassesTheValuesBytesOnUntouched) {
  TempDirectory dir;
  const auto path = dir.write(
      "in.jsonl",
      R"({"topic":"seal.events","key":"s1","timestamp_ms":5,"value": {"a" : [1, {"b":"}"}] , "é":1.50} })"
      "\n"
      R"({"value":{"x":1},"timestamp_ms":6,"key":"caf\u00e9 \"1\"","topic":"trip.events","partition":3,"offset":40})"
      "\r\n\n"
      R"({"topic":"trip.events","key":null,"timestamp_ms":7,"value":null,"other":[1,2]})"
      "\n"
      R"({"topic":"seal.events","timestamp_ms":8})"
      "\n"
      R"({"topic":"seal.events","key":"s1","timestamp_ms":9,"value": 12 })"
      "\n"
      R"({"topic":"seal.events","key":"s1","timestamp_ms":10,"value":"text"})");
  FileSource source = source_of({path});
  const Everything all = read(source);
  ASSERT_TRUE(all.status.ok()) << all.status.text;
  ASSERT_EQ(all.lines.size(), 6u);
  EXPECT_EQ(all.lines[0].value, R"({"a" : [1, {"b":"}"}] , "é":1.50})");
  EXPECT_EQ(all.lines[0].key, "s1");
  EXPECT_EQ(all.lines[0].broker_ms, 5);
  EXPECT_EQ(all.lines[1].key, "café \"1\"");
  EXPECT_EQ(all.lines[1].topic, 1);
  EXPECT_EQ(all.lines[1].partition, 3);
  EXPECT_EQ(all.lines[1].offset, 40);
  EXPECT_TRUE(all.lines[2].is_tombstone);
  EXPECT_EQ(all.lines[2].key, "");
  EXPECT_TRUE(all.lines[3].is_tombstone);
  EXPECT_EQ(all.lines[4].value, "12");
  EXPECT_EQ(all.lines[5].value, "\"text\"");
  EXPECT_FALSE(all.lines[5].is_tombstone);
}

TEST(FileSource, OffsetsCountInEachPartitionAndFilesFollowOneAnother) {
  TempDirectory dir;
  const auto a = dir.write("a.jsonl", "{\"topic\":\"seal.events\",\"key\":\"k\",\"timestamp_ms\":9,\"value\":{}}\n");
  const auto b = dir.write("b.jsonl",
                           "{\"topic\":\"seal.events\",\"key\":\"k\",\"timestamp_ms\":1,\"value\":{}}\n"
                           "{\"topic\":\"trip.events\",\"key\":\"k\",\"timestamp_ms\":2,\"value\":{}}\n");
  FileSource source = source_of({a, b}, 8);
  const Everything all = read(source, 2);
  ASSERT_EQ(all.lines.size(), 3u);
  EXPECT_EQ(all.lines[0].broker_ms, 9);  // file order, not time order
  EXPECT_EQ(all.lines[0].offset, 0);
  EXPECT_EQ(all.lines[1].offset, 1);
  EXPECT_EQ(all.lines[2].offset, 0);
  for (const auto& line : all.lines) EXPECT_EQ(line.partition, murmur2_partition("k", 8));
  EXPECT_EQ(all.batches.front(), 2u);
}

TEST(FileSource, ALineThatIsNoRecordIsNamedByFileAndLine) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"{", "not JSON"},
      {"[]", "not a JSON object"},
      {"{\"key\":\"k\",\"timestamp_ms\":1,\"value\":{}}", "no \"topic\""},
      {"{\"topic\":\"seal.events\",\"key\":\"k\",\"value\":{}}", "no \"timestamp_ms\""},
      {"{\"topic\":1,\"timestamp_ms\":1}", "\"topic\" is not a string"},
      {"{\"topic\":\"seal.events\",\"timestamp_ms\":\"1\"}", "\"timestamp_ms\" is not an integer"},
      {"{\"topic\":\"seal.events\",\"timestamp_ms\":1,\"partition\":-1}", "\"partition\" is -1"},
      {"{\"topic\":\"seal.events\",\"timestamp_ms\":1} x", "not JSON"},
      {"{\"topic\":\"seal.events\",\"timestamp_ms\":1,\"value\":{\"a\":\"\xff\"}}", "not JSON"}};
  for (const auto& [line, expected] : cases) {
    TempDirectory dir;
    const auto path = dir.write(
        "in.jsonl", "{\"topic\":\"seal.events\",\"key\":\"k\",\"timestamp_ms\":1,\"value\":{}}\n" + line + "\n");
    FileSource source = source_of({path});
    const Everything all = read(source);
    EXPECT_EQ(all.lines.size(), 1u) << line;  // what came before it counts
    EXPECT_EQ(all.status.fault, Fault::unreadable) << line;
    EXPECT_NE(all.status.text.find(path + ":2: "), std::string::npos) << all.status.text;
    EXPECT_NE(all.status.text.find(expected), std::string::npos) << all.status.text;
  }
}

TEST(FileSource, AMissingFileIsFoundBeforeTheFirstIsRead) {
  TempDirectory dir;
  FileSource source = source_of({dir.write("a.jsonl", ""), dir / "none.jsonl"});
  const Status status = source.open({});
  EXPECT_EQ(status.fault, Fault::unreadable);
  EXPECT_NE(status.text.find("none.jsonl: No such file"), std::string::npos) << status.text;
}

TEST(FileSource, OtherTopicsAreSkippedAndCounted) {
  TempDirectory dir;
  FileSource source =
      source_of({dir.write("in.jsonl", "{\"topic\":\"weather\",\"key\":\"k\",\"timestamp_ms\":1,\"value\":{}}\n")});
  EXPECT_TRUE(read(source).lines.empty());
  EXPECT_EQ(source.skipped_topics().at("weather"), 1u);
}

TEST(FileSource, LongLinesAndManyChunks) {
  TempDirectory dir;
  std::string text;
  std::vector<std::string> values;
  for (int i = 0; i < 300; ++i) {
    values.push_back("{\"n\":" + std::to_string(i) + ",\"x\":\"" + std::string(i == 150 ? 10'000'000 : 11'000, 'y') +
                     "\"}");
    text += "{\"topic\":\"seal.events\",\"key\":\"k\",\"timestamp_ms\":1,\"value\":" + values.back() + "}\n";
  }
  FileSource source = source_of({dir.write("in.jsonl", text)});
  const Everything all = read(source, 100);
  ASSERT_TRUE(all.status.ok()) << all.status.text;
  ASSERT_EQ(all.lines.size(), values.size());
  for (std::size_t i = 0; i < values.size(); ++i) EXPECT_EQ(all.lines[i].value == values[i], true) << i;
  EXPECT_EQ(source.bytes_total(), text.size());
  EXPECT_EQ(source.bytes_read(), text.size());
}

}  // namespace
}  // namespace vigia::test
