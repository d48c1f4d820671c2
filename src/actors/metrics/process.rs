//! What the machine says of this process, under the names that Prometheus's own libraries use. What
//! a system does not tell is left away.

use std::fmt::Error;
use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Unit;
use rustix::process::{Resource, getrlimit};
use rustix::time::{ClockId, clock_gettime};

/// Looks when it is asked.
#[derive(Debug)]
pub(super) struct Process {
    /// Seconds since 1970.
    started: f64,
}

impl Process {
    /// For a process that starts now.
    pub(super) fn starting() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            started: since.as_secs_f64(),
        }
    }
}

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), Error> {
        let cpu = ConstCounter::new(cpu_seconds());
        let help = "User and system CPU time spent in seconds.";
        let seconds = Some(&Unit::Seconds);
        cpu.encode(encoder.encode_descriptor("process_cpu", help, seconds, cpu.metric_type())?)?;
        let (bytes, memory) = (Some(&Unit::Bytes), memory());
        let gauges = [
            (
                "process_start_time",
                "Start time of the process since unix epoch in seconds.",
                seconds,
                Some(self.started),
            ),
            (
                "process_resident_memory",
                "Resident memory size in bytes.",
                bytes,
                memory.map(|(resident, _)| resident),
            ),
            (
                "process_virtual_memory",
                "Virtual memory size in bytes.",
                bytes,
                memory.map(|(_, virtual_)| virtual_),
            ),
            ("process_open_fds", "Number of open file descriptors.", None, open_files()),
            (
                "process_max_fds",
                "Maximum number of open file descriptors.",
                None,
                getrlimit(Resource::Nofile).current.map(|most| most as f64),
            ),
        ];
        for (name, help, unit, value) in gauges {
            if let Some(value) = value {
                let gauge = ConstGauge::new(value);
                gauge.encode(encoder.encode_descriptor(
                    name,
                    help,
                    unit,
                    gauge.metric_type(),
                )?)?;
            }
        }
        Ok(())
    }
}

fn cpu_seconds() -> f64 {
    let spent = clock_gettime(ClockId::ProcessCPUTime);
    spent.tv_sec as f64 + spent.tv_nsec as f64 / 1e9
}

/// Bytes in memory and bytes that are mapped (`proc_pid_status(5)`).
fn memory() -> Option<(f64, f64)> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let bytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(kib * 1024.0)
    };
    Some((bytes("VmRSS:")?, bytes("VmSize:")?))
}

/// A new kernel says how many they are; an old one has them counted.
fn open_files() -> Option<f64> {
    const FILES: &str = "/proc/self/fd";
    match fs::metadata(FILES).ok()?.len() {
        0 => Some(fs::read_dir(FILES).ok()?.count() as f64),
        files => Some(files as f64),
    }
}
