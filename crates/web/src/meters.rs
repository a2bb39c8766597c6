//! The Prometheus recorder and the names of what the edge measures.

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

/// Installs the recorder of the whole process. At boot, once.
pub fn install() -> Result<PrometheusHandle, BuildError> {
    let handle = builder()?.install_recorder()?;
    metrics::describe_counter!(
        "wharf_module_calls_total",
        "calls of the PHP modules, by how they ended"
    );
    metrics::describe_histogram!(
        "wharf_module_call_seconds",
        "how long calls of the PHP modules took"
    );
    metrics::describe_counter!(
        "wharf_public_requests_total",
        "requests to the public API, by status"
    );
    metrics::describe_gauge!("wharf_effects", "effects in the journal, by state");
    metrics::describe_gauge!(
        "wharf_database_up",
        "whether the database answered the last question, 0 or 1"
    );
    Ok(handle)
}

/// A recorder for a test: measures nothing of the process.
pub fn detached() -> PrometheusHandle {
    PrometheusBuilder::new().build_recorder().handle()
}

fn builder() -> Result<PrometheusBuilder, BuildError> {
    PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)
}

/// From a snapshot's answer to WHMCS's patience.
const SECONDS: &[f64] = &[
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0,
];
