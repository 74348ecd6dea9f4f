//! `turnpike serve`.

use crate::app::App;
use crate::config::Config;
use crate::{http, jobs};
use anyhow::{Context, Result};
use std::io::IsTerminal;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

pub(super) fn serve(config: Config) -> Result<ExitCode> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,actix_server=warn"));
    let colours = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours).with_writer(std::io::stderr).init();
    http::block_on(async move {
        if let Some(url) = &config.database_owner_url {
            store::migrate(url).await.context("apply migrations (database_owner_url)")?;
        }
        http::health::install_metrics()?;
        let app = App::start(config).await?;
        let jobs = jobs::start(&app);
        http::serve(&app).await?;
        // Every connection is drained: what is left is what the journal still has to tell.
        jobs.finish(&app).await;
        Ok(ExitCode::SUCCESS)
    })
}
