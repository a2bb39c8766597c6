use std::process::ExitCode;
use crate::cli::Global;
use crate::output::Output;
use crate::trouble::Trouble;

#[derive(Debug, clap::Args)]
pub struct Arguments {}

pub async fn run(_: &Arguments, _: &Global, _: &Output) -> Result<ExitCode, Trouble> {
    Err(Trouble::failed("this command is being built"))
}
