//! What the kernel says about the server's process, and about the machine.

use std::collections::HashMap;
use std::fs;

/// A reading of everything that is reported as a difference.
#[derive(Clone, Copy, Default)]
pub(crate) struct Usage {
    /// Nanoseconds that its threads have run.
    pub(crate) cpu: u64,
    /// Ticks in user mode and in the kernel.
    pub(crate) ticks: (u64, u64),
    /// How often its threads have gone to sleep.
    pub(crate) sleeps: u64,
}

/// The server's process, if its id was given.
pub(crate) struct Server {
    pid: Option<u32>,
    /// By thread, so that the time of those that end meanwhile is not lost.
    threads: HashMap<u64, (u64, u64)>,
    pub(crate) peak_kib: u64,
}

impl Server {
    pub(crate) fn new(pid: Option<u32>) -> Self {
        Self {
            pid,
            threads: HashMap::new(),
            peak_kib: 0,
        }
    }

    fn file(&self, name: &str) -> String {
        let read = |pid| fs::read_to_string(format!("/proc/{pid}/{name}")).ok();
        self.pid.and_then(read).unwrap_or_default()
    }

    pub(crate) fn usage(&mut self) -> Usage {
        let folder = self.pid.and_then(|pid| fs::read_dir(format!("/proc/{pid}/task")).ok());
        for thread in folder.into_iter().flatten().flatten() {
            let Some(id) = thread.file_name().to_str().and_then(|id| id.parse().ok()) else {
                continue;
            };
            let read = |name| fs::read_to_string(thread.path().join(name)).unwrap_or_default();
            let ran = run_time(&read("schedstat"));
            let sleeps = field(&read("status"), "voluntary_ctxt_switches:");
            self.threads.insert(id, (ran, sleeps));
        }
        let cpu = self.threads.values().map(|thread| thread.0).sum();
        let sleeps = self.threads.values().map(|thread| thread.1).sum();
        Usage {
            cpu,
            ticks: ticks(&self.file("stat")),
            sleeps,
        }
    }

    /// Its memory in KiB.
    pub(crate) fn rss_kib(&mut self) -> u64 {
        let rss = field(&self.file("status"), "VmRSS:");
        self.peak_kib = self.peak_kib.max(rss);
        rss
    }
}

/// The first number of a `schedstat`: nanoseconds on a processor.
fn run_time(schedstat: &str) -> u64 {
    schedstat.split(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// User and system ticks of a `stat`; the name in it, in brackets, may have spaces.
fn ticks(stat: &str) -> (u64, u64) {
    let fields = stat.rsplit_once(") ").map_or("", |parts| parts.1);
    let mut numbers = fields.split(' ').skip(11).map(|number| number.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

/// The number of a line `Name:   123 kB`; 0 if it is not there.
fn field(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// Memory of the kernel's own in KiB; sockets are most of what changes in it.
pub(crate) fn slab_kib() -> u64 {
    field(&fs::read_to_string("/proc/meminfo").unwrap_or_default(), "Slab:")
}

/// Ticks of 10 ms, over all cores, in which the hypervisor ran something else.
pub(crate) fn stolen() -> u64 {
    let text = fs::read_to_string("/proc/stat").unwrap_or_default();
    text.split_whitespace()
        .nth(8)
        .and_then(|number| number.parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_files_are_read() {
        assert_eq!(run_time("1234567 89 3\n"), 1_234_567);
        assert_eq!(run_time(""), 0);
        let stat = "42 (a ) name) S 1 1 1 0 -1 4194560 100 0 0 0 77 33 0 0 20 0 4 0 1000\n";
        assert_eq!(ticks(stat), (77, 33));
        assert_eq!(field("VmPeak:\t  9 kB\nVmRSS:\t   2048 kB\n", "VmRSS:"), 2048);
        assert_eq!(field("", "VmRSS:"), 0);
    }

    #[test]
    fn this_process_has_run_and_has_memory() {
        let mut this = Server::new(Some(std::process::id()));
        assert!(this.rss_kib() > 0);
        assert!(this.usage().cpu > 0);
        assert_eq!(Server::new(None).usage().cpu, 0);
    }
}
