"""How functions that work on large arrays should keep memory."""

from __future__ import annotations

# glibc gives freed memory back to the system, page by page, only to ask for it again with the next
# array: a tenth of the time that reading takes. See mallopt(3), M_MMAP_THRESHOLD, whose largest
# value this is, and M_TRIM_THRESHOLD.
KEEP_FREED_MEMORY = {
    "MALLOC_MMAP_THRESHOLD_": str(32 * 2**20),
    "MALLOC_TRIM_THRESHOLD_": str(512 * 2**20),
}
