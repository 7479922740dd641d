// A disk that can be full, fail, and lose what was not synced. Preloaded into the engine (LD_PRELOAD), it stands between the
// program and the C library for files below VIGIA_DISK:
//   VIGIA_DISK.full exists   writing gives ENOSPC
//   VIGIA_DISK.broken exists writing and syncing give EIO
//   VIGIA_DISK.synced        gets a line for each sync ("size SIZE PATH") and rename ("name OLD NEW"), so that the tests
//                            know what a loss of power would have left (disk_faults.h)
// It must not allocate or throw: it runs inside any call of the program.
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>

namespace {

const char* place() {
  static const char* const path = getenv("VIGIA_DISK");
  return path;
}

bool is_ours(const char* path) {
  return place() != nullptr && strncmp(path, place(), strlen(place())) == 0 && path[strlen(place())] == '/';
}

bool path_of(int fd, char (&path)[PATH_MAX]) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const auto length = readlink(link, path, sizeof path - 1);
  if (length <= 0) return false;
  path[length] = 0;
  return is_ours(path);
}

bool there_is(const char* suffix) {
  char path[PATH_MAX];
  snprintf(path, sizeof path, "%s%s", place(), suffix);
  return access(path, F_OK) == 0;
}

// 0, or the error that a call on this file must give.
int fault_of(int fd, bool writes) {
  char path[PATH_MAX];
  if (place() == nullptr || !path_of(fd, path)) return 0;
  if (writes && there_is(".full")) return ENOSPC;
  return there_is(".broken") ? EIO : 0;
}

void note(const char* line, int length) {
  char path[PATH_MAX];
  snprintf(path, sizeof path, "%s.synced", place());
  const int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file < 0) return;
  syscall(SYS_write, file, line, length);
  close(file);
}

// As much as was there before the sync began: what another thread writes meanwhile is not promised.
template <class Sync>
int sync_file(int fd, Sync sync) {
  char path[PATH_MAX];
  if (place() == nullptr || !path_of(fd, path)) return sync();
  if (there_is(".broken")) {
    errno = EIO;
    return -1;
  }
  struct stat before;
  const bool known = fstat(fd, &before) == 0 && S_ISREG(before.st_mode);
  const int result = sync();
  if (result != 0 || !known) return result;
  char line[PATH_MAX + 64];
  note(line, snprintf(line, sizeof line, "size %lld %s\n", static_cast<long long>(before.st_size), path));
  return result;
}

}  // namespace

extern "C" {

ssize_t write(int fd, const void* bytes, size_t size) {
  if (const int error = fault_of(fd, true); error != 0) {
    errno = error;
    return -1;
  }
  return syscall(SYS_write, fd, bytes, size);
}

ssize_t pwrite64(int fd, const void* bytes, size_t size, off64_t at) {
  if (const int error = fault_of(fd, true); error != 0) {
    errno = error;
    return -1;
  }
  return syscall(SYS_pwrite64, fd, bytes, size, at);
}

ssize_t pwrite(int fd, const void* bytes, size_t size, off_t at) { return pwrite64(fd, bytes, size, at); }

int fsync(int fd) {
  return sync_file(fd, [&] { return static_cast<int>(syscall(SYS_fsync, fd)); });
}

int fdatasync(int fd) {
  return sync_file(fd, [&] { return static_cast<int>(syscall(SYS_fdatasync, fd)); });
}

int rename(const char* from, const char* to) {
  const int result = static_cast<int>(syscall(SYS_rename, from, to));
  if (result != 0 || place() == nullptr || !is_ours(to)) return result;
  char line[2 * PATH_MAX + 64];
  note(line, snprintf(line, sizeof line, "name %s %s\n", from, to));
  return result;
}

}  // extern "C"
