// What happens to files of a state directory while nobody is looking: between the death of an engine and its next life.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "load.h"

namespace vigia::test {

// RocksDB's kinds of files.
enum class DiskFile : std::uint8_t { table, wal, manifest };

// Those that are not empty.
[[nodiscard]] std::vector<std::string> files_of(const std::string& directory, DiskFile kind);

// Some bytes of one such file become others. False: there is none.
[[nodiscard]] bool flip_bytes(const std::string& directory, DiskFile kind, Dice& dice);
// One such file ends early, and its last bytes are those of something else.
[[nodiscard]] bool tear(const std::string& directory, DiskFile kind, Dice& dice);

// The engine's disk with switches (disk/faulty_disk.cc).
class FaultyDisk {
 public:
  explicit FaultyDisk(std::string directory);  // absolute

  // For the engine.
  [[nodiscard]] std::map<std::string, std::string> environment() const;
  // False where it can't be preloaded: with sanitizers.
  [[nodiscard]] static bool works();

  void set_full(bool full);
  void set_broken(bool broken);

  // Every file is cut to what was synced of it. REQUIRES: the engine is dead, and all its lives had environment().
  void lose_power();

 private:
  void set(const char* suffix, bool there);

  std::string directory_;
};

}  // namespace vigia::test
