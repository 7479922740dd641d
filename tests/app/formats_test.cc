// Snapshots of every format that there ever was, as the version of their time has written them: each loads, and says of
// every seal what it said then (seals.jsonl).
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "app/stage_loading.h"
#include "connectors/snapshot_store.h"
#include "operators/seal_stage.h"
#include "tests/connectors/temp_directory.h"

namespace vigia {
namespace {

void expect_to_load(const std::filesystem::path& format) {
  SCOPED_TRACE(format.string());
  test::TempDirectory dir;
  std::filesystem::copy(format / "snapshots", dir / "snapshots");
  const auto loaded = load_stage((format / "pipeline.yaml").string());
  ASSERT_TRUE(loaded);
  SnapshotStore store;
  const Status opened = store.open(dir / "snapshots", loaded->pipeline.application);
  ASSERT_TRUE(opened.ok()) << opened.text;
  const auto task = make_seal_task(loaded->stage);
  std::optional<SnapshotHead> head;
  const Status restored = store.restore("seal-trip/0", *task, head);
  ASSERT_TRUE(restored.ok()) << restored.text;
  ASSERT_TRUE(head);
  EXPECT_GT(head->epoch, 0U);
  EXPECT_TRUE(task->total_account().adds_up());
  EXPECT_EQ(task->total_account().decoded, 7383U);
  std::ifstream seals(format / "seals.jsonl");
  std::uint64_t count = 0;
  for (std::string line; std::getline(seals, line); ++count) {
    const std::string id = line.substr(line.find("SEAL-"), std::string("SEAL-00001").size());
    EXPECT_EQ(task->describe_key(id), line);
  }
  EXPECT_EQ(count, 8U);
  EXPECT_EQ(task->key_count(), count);
}

TEST(Formats, SnapshotsOfEveryFormatLoad) {
  for (const char* name : {"snapshot-1"})
    expect_to_load(std::filesystem::path(VIGIA_SOURCE_DIR) / "tests" / "app" / "formats" / name);
}

}  // namespace
}  // namespace vigia
