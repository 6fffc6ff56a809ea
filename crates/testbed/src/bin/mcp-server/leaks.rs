//! Resources that only ever grow, and a processor that never rests. Each in a thread of its own.

use std::fs::File;
use std::hint;
use std::thread;
use std::time::Duration;

use crate::arguments::Arguments;

/// The leaks grow in that many steps a second, so that a short test sees them too.
const STEPS_PER_SECOND: usize = 10;

const STEP: Duration = Duration::from_millis(100);

/// Starts what the flags ask for.
pub(crate) fn start(arguments: &Arguments) {
    for _ in 0..arguments.threads {
        thread::spawn(|| {
            loop {
                thread::park();
            }
        });
    }
    for _ in 0..arguments.spin {
        thread::spawn(|| {
            loop {
                hint::spin_loop();
            }
        });
    }
    if let Some(bytes) = arguments.leak_rss {
        thread::spawn(move || leak_memory(bytes.div_ceil(STEPS_PER_SECOND)));
    }
    if let Some(count) = arguments.leak_fds {
        thread::spawn(move || leak_descriptors(count));
    }
}

fn leak_memory(bytes_per_step: usize) {
    let mut kept = Vec::new();
    loop {
        // Not zero: pages of zeroes need no memory until they are written.
        kept.push(vec![1_u8; bytes_per_step]);
        hint::black_box(&kept);
        thread::sleep(STEP);
    }
}

fn leak_descriptors(per_second: u32) {
    let mut kept = Vec::new();
    let pause = Duration::from_secs(1) / per_second.max(1);
    // At the limit the server goes on with what it has, as real ones do.
    while let Ok(file) = File::open("/dev/null") {
        kept.push(file);
        thread::sleep(pause);
    }
    loop {
        thread::park();
    }
}
