// A disk that can be full: RocksDB's Env with a switch.
#pragma once

#include <rocksdb/env.h>

#include <atomic>
#include <memory>

namespace vigia::test {

class FullDisk : public rocksdb::EnvWrapper {
 public:
  FullDisk() : rocksdb::EnvWrapper(rocksdb::Env::Default()) {}
  const char* Name() const override { return "FullDisk"; }

  void set_full(bool full) { full_ = full; }

  rocksdb::Status NewWritableFile(const std::string& name, std::unique_ptr<rocksdb::WritableFile>* out,
                                  const rocksdb::EnvOptions& options) override {
    if (full_) return rocksdb::Status::NoSpace();
    std::unique_ptr<rocksdb::WritableFile> file;
    rocksdb::Status status = target()->NewWritableFile(name, &file, options);
    if (status.ok()) *out = std::make_unique<File>(std::move(file), full_);
    return status;
  }

 private:
  class File : public rocksdb::WritableFileWrapper {
   public:
    File(std::unique_ptr<rocksdb::WritableFile> file, const std::atomic<bool>& full)
        : WritableFileWrapper(file.get()), file_(std::move(file)), full_(full) {}
    rocksdb::Status Append(const rocksdb::Slice& data) override {
      return full_ ? rocksdb::Status::NoSpace() : file_->Append(data);
    }
    rocksdb::Status Append(const rocksdb::Slice& data, const rocksdb::DataVerificationInfo&) override {
      return Append(data);
    }
    rocksdb::Status Flush() override { return full_ ? rocksdb::Status::NoSpace() : file_->Flush(); }
    rocksdb::Status Sync() override { return full_ ? rocksdb::Status::NoSpace() : file_->Sync(); }

   private:
    std::unique_ptr<rocksdb::WritableFile> file_;
    const std::atomic<bool>& full_;
  };
  std::atomic<bool> full_{false};
};

}  // namespace vigia::test
