//! The PHP modules are embedded in the program: a new file among them must cause a new build.

fn main() {
    println!("cargo::rerun-if-changed=../../modules");
    println!("cargo::rerun-if-changed=build.rs");
}
