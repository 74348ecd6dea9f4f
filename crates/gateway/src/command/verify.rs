//! `turnpike verify ledger`.

use crate::config::Config;
use anyhow::Result;
use std::process::ExitCode;
use store::Store;
use store::redis::Redis;
use store::system::verify::ledger_verify;

/// Open intents are read from the journals under `journal_dir`: a hold that none of them has open is one too many.
pub(super) fn ledger(config: Config) -> Result<ExitCode> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async move {
        let store = Store::connect(&config.database_url, &config.database_job_url, 2)?;
        let redis = Redis::connect(&config.redis_url).await?;
        let open = store::journal::open_requests(&config.journal_dir)?;
        let found = ledger_verify(&store, Some(&redis), &open).await?;
        for difference in &found.differences {
            println!("{difference}");
        }
        println!(
            "{} tenants, {} usage rows, {} postings, {} holds in flight: {}",
            found.tenants,
            found.usage_rows,
            found.postings,
            found.open_holds,
            if found.differences.is_empty() {
                "the ledger reconciles".to_owned()
            } else {
                format!("{} differences", found.differences.len())
            }
        );
        Ok(if found.differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    })
}
