#include "disk_faults.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

namespace vigia::test {

namespace fs = std::filesystem;

namespace {

bool is_of(const fs::path& path, DiskFile kind) {
  switch (kind) {
    case DiskFile::table: return path.extension() == ".sst";
    case DiskFile::wal: return path.extension() == ".log";
    case DiskFile::manifest: return path.filename().string().starts_with("MANIFEST-");
  }
  return false;
}

std::string read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write(const std::string& path, const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }

std::string one_of(const std::string& directory, DiskFile kind, Dice& dice) {
  const auto files = files_of(directory, kind);
  return files.empty() ? std::string() : files[dice.roll(files.size())];
}

}  // namespace

std::vector<std::string> files_of(const std::string& directory, DiskFile kind) {
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(directory, error)) {
    if (entry.is_regular_file() && entry.file_size() > 0 && is_of(entry.path(), kind))
      files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

bool flip_bytes(const std::string& directory, DiskFile kind, Dice& dice) {
  const std::string file = one_of(directory, kind, dice);
  if (file.empty()) return false;
  std::string bytes = read(file);
  for (int i = dice.between(1, 8); i > 0; --i)
    bytes[dice.roll(bytes.size())] ^= static_cast<char>(dice.between(1, 255));
  write(file, bytes);
  return true;
}

bool tear(const std::string& directory, DiskFile kind, Dice& dice) {
  const std::string file = one_of(directory, kind, dice);
  if (file.empty()) return false;
  std::string bytes = read(file);
  bytes.resize(dice.roll(bytes.size()));
  for (std::size_t i = bytes.size() - std::min<std::size_t>(bytes.size(), dice.roll(512)); i < bytes.size(); ++i)
    bytes[i] = static_cast<char>(dice.roll(256));
  write(file, bytes);
  return true;
}

FaultyDisk::FaultyDisk(std::string directory) : directory_(std::move(directory)) {}

std::map<std::string, std::string> FaultyDisk::environment() const {
  return {{"LD_PRELOAD", VIGIA_FAULTY_DISK}, {"VIGIA_DISK", directory_}};
}

bool FaultyDisk::works() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return false;
#else
  return true;
#endif
}

void FaultyDisk::set(const char* suffix, bool there) {
  if (there)
    write(directory_ + suffix, "");
  else
    fs::remove(directory_ + suffix);
}

void FaultyDisk::set_full(bool full) { set(".full", full); }
void FaultyDisk::set_broken(bool broken) { set(".broken", broken); }

void FaultyDisk::lose_power() {
  std::map<std::string, std::uint64_t> synced;
  std::ifstream notes(directory_ + ".synced");
  for (std::string line; std::getline(notes, line);) {
    std::istringstream words(line);
    std::string what, first, second;
    words >> what >> first >> second;
    if (what == "size") {
      synced[second] = std::stoull(first);
    } else if (const auto old = synced.find(first); old != synced.end()) {
      synced[second] = old->second;
      synced.erase(old);
    }
  }
  for (const auto& entry : fs::recursive_directory_iterator(directory_)) {
    if (!entry.is_regular_file()) continue;
    const auto known = synced.find(entry.path().string());
    const std::uint64_t kept = known == synced.end() ? 0 : known->second;
    if (entry.file_size() > kept) fs::resize_file(entry.path(), kept);
  }
}

}  // namespace vigia::test
