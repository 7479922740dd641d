// Linked into each program that uses mimalloc: histories and queues are visited at random, and on pages of 4 KiB a tenth of
// the engine's time goes to finding out where they lie.
#include <mimalloc.h>

namespace {
[[maybe_unused]] const bool wants_large_pages = (mi_option_enable(mi_option_large_os_pages), true);
}
