//! The whole outside world on one machine, with the daemon as a child process: the simulated services on
//! loopback, their faults, a control page, and the stories that are played against all of it.

pub mod address;
mod clock;
mod control;
mod daemon;
mod faults;
mod lone;
mod lone_host;
mod lone_registry;
mod lone_supplier;
mod scenery;
pub mod story;
mod world;

pub use address::{Addresses, SandboxFile};
pub use clock::{Advance, Advanced, ClockError, Span, TimeMachine};
pub use daemon::{Daemon, DaemonError};
pub use faults::{FaultError, FaultOrder, Service, send_fault};
pub use lone_host::{LoneHost, LoneHostOptions};
pub use lone_registry::{LoneRegistry, LoneRegistryOptions, RegistryDoor};
pub use lone_supplier::{LoneSupplier, LoneSupplierOptions, SupplierDoor};
pub use world::{Fill, Ports, World, WorldError, WorldOptions};
