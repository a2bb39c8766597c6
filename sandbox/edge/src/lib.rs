//! The network edge of every simulated service: one listener that can speak TLS, remembers the calls it
//! answered, and misbehaves on request. A service is an axum router; the edge knows nothing of what it does.
//!
//! Beside the service's own routes every edge answers, for the story and for people:
//!
//! | route | answer |
//! |---|---|
//! | `GET /_sandbox/calls` | `{"total": n, "calls": [{"seq","operation","at_ms","took_ms","fault"}]}`, newest last |
//! | `GET /_sandbox/faults` | the faults still armed |
//! | `POST /_sandbox/faults` | arms one: a JSON [`Fault`] |
//! | `DELETE /_sandbox/faults` | disarms all |

mod authority;
mod calls;
mod faults;
mod serve;

pub use authority::{Authority, AuthorityError, Leaf};
pub use calls::{Call, CallLog};
pub use faults::{Fault, FaultKind, FaultPlan};
pub use serve::{Edge, EdgeError, OnKill};
