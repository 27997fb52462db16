//! The allocator's settings: what a burst needed goes back to the system.
#![allow(unsafe_code)]

/// Arenas that threads share; one for each of many threads would each keep their own free memory.
const ARENAS_MAX: i32 = 2;

/// Free memory at the end of the heap above which it is returned, and size from which a block is mapped on its
/// own, in bytes. Setting them also stops glibc from raising them by itself.
const RETURN_ABOVE_BYTES: i32 = 128 * 1024;

/// Makes glibc give freed memory back. To be called before threads start.
pub fn return_freed_memory() {
    // SAFETY: mallopt only sets parameters of the allocator; no other thread runs yet.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, ARENAS_MAX);
        libc::mallopt(libc::M_TRIM_THRESHOLD, RETURN_ABOVE_BYTES);
        libc::mallopt(libc::M_MMAP_THRESHOLD, RETURN_ABOVE_BYTES);
    }
}
