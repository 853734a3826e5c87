//! The machine that the figures belong to.

use std::io::Write as _;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::scratch::Scratch;

/// What the figures depend on beside the program.
#[derive(Debug, Serialize)]
pub(super) struct Machine {
    pub(super) cpu: String,
    pub(super) cores: usize,
    pub(super) memory_bytes: u64,
    /// 4 KiB appended and made durable, one after the other: what every commit waits for.
    pub(super) disk_syncs_per_s: f64,
    pub(super) version: &'static str,
    pub(super) optimised: bool,
}

impl Machine {
    /// Looks at the machine; the disk is tried for `disk`.
    pub(super) fn look(scratch: &Scratch, disk: Duration) -> anyhow::Result<Self> {
        let line = |file: &str, name: &str| {
            let text = std::fs::read_to_string(file).unwrap_or_default();
            let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
            line.split_once(':').map_or_else(String::new, |(_, value)| value.trim().to_owned())
        };
        let memory = line("/proc/meminfo", "MemTotal");
        let kib = memory.split(' ').next().and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
        Ok(Self {
            cpu: line("/proc/cpuinfo", "model name"),
            cores: cores(),
            memory_bytes: kib * 1024,
            disk_syncs_per_s: disk_syncs_per_s(scratch, disk)?,
            version: env!("CARGO_PKG_VERSION"),
            optimised: !cfg!(debug_assertions),
        })
    }
}

/// How many threads run at once.
pub(super) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

fn disk_syncs_per_s(scratch: &Scratch, length: Duration) -> anyhow::Result<f64> {
    let path = scratch.path("disk");
    let mut file = std::fs::File::create(&path)?;
    let (started, mut syncs) = (Instant::now(), 0_u32);
    while started.elapsed() < length {
        file.write_all(&[0x5a; 4096])?;
        file.sync_data()?;
        syncs += 1;
    }
    let rate = f64::from(syncs) / started.elapsed().as_secs_f64();
    std::fs::remove_file(path)?;
    Ok(rate)
}
