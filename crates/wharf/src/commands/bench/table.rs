//! What was measured, beside the classic way, line by line.

use serde::Serialize;

use crate::output::Output;

/// One thing that was measured. Where the classic way would take too long, a part of it was done and multiplied.
#[derive(Debug, Serialize)]
pub struct Row {
    pub what: String,
    pub calls: u64,
    pub ms: f64,
    pub classic_calls: u64,
    pub classic_ms: f64,
    /// Calls of the classic way that were really made.
    pub classic_sample: u64,
}

pub fn head(output: &Output) {
    output.line(format!(
        "{:<46} {:>6} {:>10} {:>8} {:>12} {:>8}",
        "what", "calls", "ms", "classic", "ms", "ratio"
    ));
}

pub fn show(row: &Row, output: &Output) {
    let sampled = if row.classic_sample < row.classic_calls {
        "*"
    } else {
        ""
    };
    output.line(format!(
        "{:<46} {:>6} {:>10.1} {:>8} {:>11.1}{sampled:1} {:>7.1}×",
        row.what,
        row.calls,
        row.ms,
        row.classic_calls,
        row.classic_ms,
        row.classic_ms / row.ms.max(0.001)
    ));
    output.json(&serde_json::to_value(row).unwrap_or_default());
}
