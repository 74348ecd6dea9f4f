//! The binary `turnpike`: one small file in `command/` per subcommand.

use gateway::command;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match command::run(&arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("turnpike: {error:#}");
            ExitCode::FAILURE
        }
    }
}
