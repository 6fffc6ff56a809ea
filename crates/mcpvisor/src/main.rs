//! The `mcpvisor` program: see [`mcpvisor::run`].
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    mcpvisor::run()
}
