// Memory for large tables that are visited at random, on large pages where the system has them: with pages of 4 KiB most
// of such a visit is spent finding out where the page lies.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

#include <sys/mman.h>

namespace vigia {

inline constexpr std::size_t large_page_bytes = std::size_t{2} << 20;

struct FreeLarge {
  std::size_t bytes = 0;
  void operator()(std::byte* memory) const {
    if (bytes < large_page_bytes)
      ::operator delete (memory, std::align_val_t{64});
    else
      ::munmap(memory, bytes);
  }
};
using LargeMemory = std::unique_ptr<std::byte[], FreeLarge>;

// Uninitialised, aligned to a cache line; what is smaller than a large page comes from the allocator. Throws
// std::bad_alloc. Pages that are not touched take no memory.
[[nodiscard]] inline LargeMemory allocate_large(std::size_t bytes) {
  if (bytes < large_page_bytes)
    return {static_cast<std::byte*>(::operator new (bytes, std::align_val_t{64})), FreeLarge{bytes}};
  // The system may give any page: what stands before the first large one, and after the last, goes back.
  const auto whole = (bytes + large_page_bytes - 1) / large_page_bytes * large_page_bytes;
  auto* mapped = ::mmap(nullptr, whole + large_page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  auto* begin = static_cast<std::byte*>(mapped);
  const auto before =
      (large_page_bytes - reinterpret_cast<std::uintptr_t>(begin) % large_page_bytes) % large_page_bytes;
  if (before != 0) ::munmap(begin, before);
  ::munmap(begin + before + whole, large_page_bytes - before);
  ::madvise(begin + before, whole, MADV_HUGEPAGE);  // a wish: nothing depends on it
  return {begin + before, FreeLarge{whole}};
}

}  // namespace vigia
