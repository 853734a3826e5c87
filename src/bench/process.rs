//! What a process costs, as the kernel counts it.

use anyhow::Context as _;

/// `utime` and `stime` of `/proc/<pid>/stat` count in these: USER_HZ, 100 on every architecture that we build for.
const TICK_US: u64 = 10_000;

/// CPU time of a process with all its threads, in microseconds. Steps of 10 ms: read it over a second or more.
pub(super) fn cpu_us(pid: u32) -> anyhow::Result<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).context("CPU time is read from Linux' /proc")?;
    // The name in brackets may hold spaces; utime and stime are the 12th and 13th field after it.
    let (_, fields) = stat.rsplit_once(')').context("/proc/<pid>/stat has another form")?;
    let fields: Vec<&str> = fields.split_ascii_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|text| text.parse::<u64>().ok());
    let (user, system) = ticks(11).zip(ticks(12)).context("/proc/<pid>/stat has another form")?;
    Ok((user + system) * TICK_US)
}

/// CPU time of this process, in microseconds.
pub(super) fn own_cpu_us() -> anyhow::Result<u64> {
    cpu_us(std::process::id())
}

/// CPU time of the calling thread, in microseconds, exact to the nanosecond.
pub(super) fn thread_cpu_us() -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat")
        .context("a thread's CPU time is read from Linux' /proc/thread-self/schedstat")?;
    let nanos = stat.split_ascii_whitespace().next().and_then(|text| text.parse::<u64>().ok());
    Ok(nanos.context("schedstat has another form")? as f64 / 1000.0)
}

/// Resident memory of a process, in bytes.
pub(super) fn resident_bytes(pid: u32) -> anyhow::Result<u64> {
    status_bytes(pid, "VmRSS:")
}

/// The most memory of a process that was ever resident, in bytes.
pub(super) fn peak_resident_bytes(pid: u32) -> anyhow::Result<u64> {
    status_bytes(pid, "VmHWM:")
}

fn status_bytes(pid: u32, field: &str) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).context("memory is read from Linux' /proc")?;
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let line = line.with_context(|| format!("no {field} in /proc/<pid>/status"))?;
    let kib = line.split_ascii_whitespace().next().and_then(|text| text.parse::<u64>().ok());
    Ok(kib.with_context(|| format!("{field} has another form"))? * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_shows_as_cpu_time_of_thread_and_process() {
        let (thread, process) = (thread_cpu_us().unwrap(), own_cpu_us().unwrap());
        let mut sum = 0_u64;
        while thread_cpu_us().unwrap() - thread < 50_000.0 {
            sum = std::hint::black_box(sum.wrapping_mul(31).wrapping_add(7));
        }
        assert!(own_cpu_us().unwrap() >= process + 20_000);
    }

    #[test]
    fn memory_of_this_process_is_more_than_a_megabyte() {
        assert!(resident_bytes(std::process::id()).unwrap() > 1 << 20);
    }
}
