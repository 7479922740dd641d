// Linked into each program that uses mimalloc: histories and queues are visited at random, and on pages of 4 KiB a tenth of
// the engine's time goes to finding out where they lie.
#include <cstdlib>

#include <mimalloc.h>

namespace {
[[maybe_unused]] const bool wants_large_pages =
    std::getenv("MIMALLOC_LARGE_OS_PAGES") == nullptr && (mi_option_enable(mi_option_large_os_pages), true);
}
