#include "connectors/dead_letters.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "connectors/record_batch.h"
#include "temp_directory.h"

namespace vigia::test {
namespace {

const std::vector<std::string> topics{"seal.events"};

std::string json_of(const InputRecord& record, std::int32_t event_index = -1) {
  std::string out;
  append_rejected_json({RejectKind::too_late, &record, event_index, "older than 24 h"}, topics, out);
  return out;
}

TEST(DeadLetters, SayEverythingAboutTheRecord) {
  const RecordHeader header{"trace", "42"};
  const RecordHeaders headers{&header, 1};
  const InputRecord record{.topic = TopicIndex{0},
                           .partition = PartitionId{3},
                           .offset = Offset{9},
                           .broker_ms = 7,
                           .key = "k",
                           .value = "{\"a\":1}",
                           .is_tombstone = false,
                           .headers = &headers};
  EXPECT_EQ(
      json_of(record, 2),
      R"({"kind":"too_late","reason":"older than 24 h","topic":"seal.events","partition":3,"offset":9,)"
      R"("event_index":2,"timestamp_ms":7,"key":"k","value":"{\"a\":1}","headers":[{"name":"trace","value":"42"}]})");
}

TEST(DeadLetters, KeepBytesThatAreNoText) {
  InputRecord record{.topic = TopicIndex{0},
                     .partition = PartitionId{0},
                     .offset = Offset{0},
                     .broker_ms = 0,
                     .key = "k",
                     .value = "\xff\xfe",
                     .is_tombstone = false};
  EXPECT_NE(json_of(record).find(R"("value_base64":"//4=")"), std::string::npos) << json_of(record);
  record.value = "\xff";
  EXPECT_NE(json_of(record).find(R"("value_base64":"/w==")"), std::string::npos);
  record.value = "\xff\xff\xff";
  EXPECT_NE(json_of(record).find(R"("value_base64":"////")"), std::string::npos);
  record.value = {};
  record.is_tombstone = true;
  EXPECT_NE(json_of(record).find(R"("value":null)"), std::string::npos);
}

TEST(FileDeadLetters, BeginAnewAndSayAtOnceWhatIsWrong) {
  const TempDirectory dir;
  const std::string path = dir.write("letters.jsonl", "of another run\n");
  FileDeadLetters letters(path);
  ASSERT_TRUE(letters.open().ok());
  const auto content = [&] {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  };
  EXPECT_EQ(content(), "");
  const InputRecord record{.topic = TopicIndex{0},
                           .partition = PartitionId{0},
                           .offset = Offset{0},
                           .broker_ms = 0,
                           .key = "k",
                           .value = "x",
                           .is_tombstone = false};
  const RejectedRecord rejected{RejectKind::dead_letter, &record, -1, "no"};
  for (int epoch = 0; epoch < 2; ++epoch) ASSERT_TRUE(letters.write({&rejected, 1}, topics).ok());
  const std::string text = content();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2) << text;
  FileDeadLetters nowhere(dir / "none/letters.jsonl");
  EXPECT_NE(nowhere.open().text.find("none/letters.jsonl: No such file"), std::string::npos);
}

}  // namespace
}  // namespace vigia::test
