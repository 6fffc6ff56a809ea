//! What a pass costs and when: real clocks, or a test's own.

/// Time and cost as the collector sees them.
pub trait Meter: Send {
    /// CPU time that the collecting thread has used, nanoseconds.
    fn cpu_ns(&mut self) -> u64;
    /// Nanoseconds since boot.
    fn boot_ns(&mut self) -> u64;
}

/// The machine's clocks.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemMeter;

impl Meter for SystemMeter {
    fn cpu_ns(&mut self) -> u64 {
        crate::clock::thread_cpu_ns()
    }

    fn boot_ns(&mut self) -> u64 {
        crate::clock::boot_ns()
    }
}
