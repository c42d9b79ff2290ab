//! Memory of processes, MB.

use std::collections::HashMap;

/// Resident memory of one process.
pub(crate) fn resident(id: u32) -> f64 {
    megabytes(&format!("/proc/{id}/status"), "VmRSS:")
}

/// Proportional memory of a process and all that came from it: all of it, and the part that is no file's.
pub(crate) fn proportional(id: u32) -> (f64, f64) {
    let mut sum = (0.0, 0.0);
    for id in tree(id) {
        let path = format!("/proc/{id}/smaps_rollup");
        sum.0 += megabytes(&path, "Pss:");
        sum.1 += megabytes(&path, "Pss_Anon:");
    }
    sum
}

/// A line of a file in `/proc`, which counts in KB.
pub(crate) fn megabytes(path: &str, name: &str) -> f64 {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.trim().trim_end_matches("kB").trim().parse().unwrap_or(0.0) / 1024.0
}

fn tree(root: u32) -> Vec<u32> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
        let parent = status.lines().find_map(|line| line.strip_prefix("PPid:")?.trim().parse().ok());
        children.entry(parent.unwrap_or(0)).or_default().push(id);
    }
    let mut found = vec![root];
    let mut next = 0;
    while let Some(id) = found.get(next) {
        found.extend(children.remove(id).unwrap_or_default());
        next += 1;
    }
    found
}
