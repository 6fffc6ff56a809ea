//! The memory allocator of the C library.

/// Has all threads share one arena, for a program whose threads take turns more than they compete.
///
/// Unless told, glibc gives each thread that allocates an arena of its own, up to eight for each
/// processor, and what is freed in one is of no use to the others (`mallopt(3)`, `M_ARENA_MAX`). A daemon
/// with a day of history took 3.6 of its 31 MB for that. Whether the C library has heeded it; others than
/// glibc have no arenas.
#[cfg(target_env = "gnu")]
pub fn share_one_arena() -> bool {
    // SAFETY: `mallopt` takes two integers and keeps them under its own lock; any thread may call it at
    // any time.
    #[expect(unsafe_code, reason = "the C library's setting has no safe wrapper")]
    let heeded = unsafe { libc::mallopt(libc::M_ARENA_MAX, 1) };
    heeded == 1
}

/// As above: there is nothing to share.
#[cfg(not(target_env = "gnu"))]
pub fn share_one_arena() -> bool {
    false
}

#[cfg(test)]
mod tests {
    #[test]
    #[cfg(target_env = "gnu")]
    fn it_is_heeded() {
        assert!(super::share_one_arena());
        let held: Vec<_> = (0..4)
            .map(|size| std::thread::spawn(move || vec![1_u8; 1 << (10 + size)]))
            .collect();
        for thread in held {
            assert!(
                thread
                    .join()
                    .is_ok_and(|bytes| bytes.iter().all(|byte| *byte == 1))
            );
        }
    }
}
