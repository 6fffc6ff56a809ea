//! The machine: what does not change between two readings of one boot.

use model::Host;

use crate::ProcRoot;
use crate::parse::{Fields, lines};

/// Reads the machine. What cannot be read is empty (`memory_bytes`: `None`); without a list of
/// processors one is assumed.
pub fn read(root: &ProcRoot) -> Host {
    let line = |file: &str| {
        let text = root.read(file, 4096).unwrap_or_default();
        String::from_utf8_lossy(text.trim_ascii()).into_owned()
    };
    let meminfo = root.read("meminfo", 64 * 1024).unwrap_or_default();
    let stat = root.read("stat", 4 << 20).unwrap_or_default();
    Host {
        name: line("sys/kernel/hostname"),
        boot_id: line("sys/kernel/random/boot_id"),
        kernel: line("sys/kernel/osrelease"),
        ticks_per_second: rustix::param::clock_ticks_per_second(),
        page_size: rustix::param::page_size() as u64,
        memory_bytes: memory_bytes(&meminfo),
        cpus: processors(&stat).max(1),
    }
}

fn memory_bytes(meminfo: &[u8]) -> Option<u64> {
    let total = lines(meminfo).find_map(|line| line.strip_prefix(b"MemTotal:"))?;
    Fields::new(total).unsigned()?.checked_mul(1024)
}

/// Online processors have a `cpuN` line each.
fn processors(stat: &[u8]) -> u32 {
    let count = lines(stat)
        .take_while(|line| line.starts_with(b"cpu"))
        .filter(|line| line.get(3).is_some_and(u8::is_ascii_digit))
        .count();
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use crate::ProcRoot;

    #[test]
    fn from_literal_files() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("sys/kernel/hostname", "box\n");
        write("sys/kernel/random/boot_id", "e0f1-22\n");
        write("sys/kernel/osrelease", "6.1.0\n");
        write("meminfo", "MemTotal:       16384 kB\nMemFree: 1 kB\n");
        write(
            "stat",
            "cpu  1 2\ncpu0 1 2\ncpu1 1 2\ncpu7 1 2\nintr 9\ncpu9\n",
        );
        let host = super::read(&ProcRoot::open(folder.path()).unwrap());
        assert_eq!(
            (host.name.as_str(), host.boot_id.as_str()),
            ("box", "e0f1-22")
        );
        assert_eq!((host.kernel.as_str(), host.cpus), ("6.1.0", 3));
        assert_eq!(host.memory_bytes, Some(16 << 20));
    }

    #[test]
    fn an_empty_root_gives_no_memory() {
        let folder = tempfile::tempdir().unwrap();
        let host = super::read(&ProcRoot::open(folder.path()).unwrap());
        assert_eq!((host.memory_bytes, host.cpus), (None, 1));
        assert!(host.boot_id.is_empty() && host.page_size >= 4096);
    }

    #[test]
    fn this_machine() {
        let host = super::read(&ProcRoot::system().unwrap());
        assert_eq!(host.boot_id.len(), 36, "{host:?}");
        assert!(host.memory_bytes.unwrap() > 1 << 20 && host.ticks_per_second > 0);
    }
}
