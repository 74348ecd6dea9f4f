//! `turnpike openapi`.

use crate::http::openapi;
use anyhow::{Result, bail};
use std::process::ExitCode;

pub(super) fn print(api: &str) -> Result<ExitCode> {
    let document = match api {
        "gateway" => openapi::gateway(),
        "console" => openapi::console(),
        other => bail!("there is no API {other:?}: gateway or console"),
    };
    println!("{}", document.to_pretty_json()?);
    Ok(ExitCode::SUCCESS)
}
