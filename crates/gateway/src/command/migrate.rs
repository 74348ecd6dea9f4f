//! `turnpike migrate`.

use crate::config::Config;
use anyhow::{Context, Result};
use std::process::ExitCode;

pub(super) fn migrate(config: &Config) -> Result<ExitCode> {
    let url = config.database_owner_url.as_deref().context("database_owner_url must be set to migrate")?;
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(store::migrate(url))?;
    println!("migrations applied");
    Ok(ExitCode::SUCCESS)
}
