// Fork and join on a oneTBB arena. The only place where work is handed to oneTBB's threads.
#pragma once

#include <tbb/parallel_for.h>
#include <tbb/partitioner.h>
#include <tbb/task_arena.h>

#include <cstddef>

#if defined(__SANITIZE_THREAD__)
#define VIGIA_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define VIGIA_THREAD_SANITIZER 1
#endif
#endif

#ifdef VIGIA_THREAD_SANITIZER
extern "C" void __tsan_acquire(void* at);
extern "C" void __tsan_release(void* at);
#endif

namespace vigia {
namespace parallel_internal {

#ifdef VIGIA_THREAD_SANITIZER

// Debian's oneTBB is not built with the thread sanitizer, so it can't see that a fork comes before its tasks and those
// before the join. It is told here, and then watches everything that tasks do to each other.
template <class Work>
struct ToldBody {
  const Work* work;
  char* fork;
  char* join;

  __attribute__((no_sanitize("thread"))) void operator()(std::size_t i) const { run(*work, fork, join, i); }

  [[gnu::noinline]] static void run(const Work& work, char* fork, char* join, std::size_t i) {
    __tsan_acquire(fork);
    work(i);
    __tsan_release(join);
  }
};

template <class Work>
void for_each(std::size_t count, const Work& work, tbb::affinity_partitioner& affinity) {
  char fork = 0, join = 0;
  __tsan_release(&fork);
  tbb::parallel_for(std::size_t{0}, count, ToldBody<Work>{&work, &fork, &join}, affinity);
  __tsan_acquire(&join);
}

#else

template <class Work>
void for_each(std::size_t count, const Work& work, tbb::affinity_partitioner& affinity) {
  tbb::parallel_for(std::size_t{0}, count, work, affinity);
}

#endif

}  // namespace parallel_internal

// Calls work(0) ... work(count - 1), in any order, on this thread and others of the arena that it is in, and returns when all
// have returned. What was done before the call is seen by all of them, and what they did is seen after it. REQUIRES: work
// does not throw. Who keeps an `affinity` from call to call has each index on its last thread again, if that one is free: what it
// works on is in that one's cache.
template <class Work>
void for_each_index(std::size_t count, const Work& work, tbb::affinity_partitioner& affinity) {
  if (count == 1) return work(std::size_t{0});
  parallel_internal::for_each(count, work, affinity);
}
template <class Work>
void for_each_index(std::size_t count, const Work& work) {
  tbb::affinity_partitioner none;
  for_each_index(count, work, none);
}

}  // namespace vigia
