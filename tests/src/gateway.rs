//! A gateway process, in the surroundings of a [`Stage`].

use crate::actor::Actor;
use crate::catalogue::CREDENTIAL;
use crate::client::{Client, http};
use crate::program::{Program, built};
use crate::stage::Stage;
use std::path::PathBuf;
use std::process::{Command, ExitStatus};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Longer than the gateway's own time for a last shipping.
const ENDS_WITHIN: Duration = Duration::from_secs(20);

/// What differs from the surroundings that all gateways of a stage share.
#[derive(Debug, Clone, Default)]
pub struct GatewayOptions {
    settings: Vec<(String, String)>,
}

impl GatewayOptions {
    /// A setting by its name in `turnpike.toml`; that of a table is `table_name`.
    #[must_use]
    pub fn with(mut self, setting: &str, value: impl Into<String>) -> Self {
        self.settings.push((format!("TURNPIKE_{}", setting.to_uppercase()), value.into()));
        self
    }

    /// On another journal than the stage's.
    #[must_use]
    pub fn with_journal(self, folder: &std::path::Path) -> Self {
        self.with("journal_dir", folder.to_string_lossy())
    }
}

#[derive(Debug)]
pub struct Gateway {
    /// Without `/v1` or `/api`.
    pub url: String,
    pub operator_url: String,
    program: Program,
}

impl Gateway {
    /// Returns once it listens.
    pub async fn start(stage: &Stage, options: GatewayOptions) -> Self {
        static STARTED: AtomicU32 = AtomicU32::new(0);
        let name = format!("turnpike-{}", STARTED.fetch_add(1, Ordering::Relaxed));
        let mut command = turnpike(stage, &options);
        command.arg("serve");
        let mut program = Program::start(&name, &mut command, stage.folder());
        let operator_url = program.announced("turnpike operator listening on ").await;
        let url = program.announced("turnpike listening on ").await;
        Self { url, operator_url, program }
    }

    /// Somebody new, with an organisation, an address and a session of their own.
    pub async fn sign_up(&self) -> Actor {
        Actor::sign_up(&self.url).await
    }

    pub fn client(&self, key: &str) -> Client {
        Client::new(&self.url, key)
    }

    /// SIGKILL, in the middle of whatever it does.
    pub fn kill9(&mut self) {
        self.program.kill9();
    }

    /// SIGTERM, and its end.
    pub async fn terminate(&mut self) -> ExitStatus {
        self.program.terminate();
        self.program.exited(ENDS_WITHIN).await
    }

    pub fn is_running(&mut self) -> bool {
        self.program.ended().is_none()
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        self.program.log()
    }

    /// A metric's value, summed over its labels.
    pub async fn metric(&self, name: &str) -> f64 {
        let text = http().get(format!("{}/metrics", self.operator_url)).send().await.expect("the gateway answers");
        let text = text.text().await.expect("metrics arrive whole");
        let rows = text.lines().filter(|line| line.split(['{', ' ']).next() == Some(name));
        rows.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
    }
}

/// The program with the settings of the stage and nothing else of this process's environment.
pub(crate) fn turnpike(stage: &Stage, options: &GatewayOptions) -> Command {
    let mut command = Command::new(built("turnpike"));
    let path = |path: PathBuf| path.to_string_lossy().into_owned();
    let settings = [
        ("TURNPIKE_LISTEN", "127.0.0.1:0".to_owned()),
        ("TURNPIKE_OPERATOR_LISTEN", "127.0.0.1:0".to_owned()),
        ("TURNPIKE_WORKERS", "2".to_owned()),
        ("TURNPIKE_DATABASE_URL", stage.database.app_url.clone()),
        ("TURNPIKE_DATABASE_JOB_URL", stage.database.job_url.clone()),
        ("TURNPIKE_DATABASE_CONNECTIONS", "4".to_owned()),
        ("TURNPIKE_REDIS_URL", stage.redis.url()),
        ("TURNPIKE_SECRET_KEYS", stage.secret.clone()),
        ("TURNPIKE_JOURNAL_DIR", path(stage.journal_dir())),
        ("TURNPIKE_CATALOG", path(stage.catalogue_file())),
        ("TURNPIKE_SANDBOX_URL", stage.simulator.url.clone()),
        // Every actor of a test comes from one address.
        ("TURNPIKE_SIGN_UP_GRANTS_PER_NETWORK", "1000".to_owned()),
        (CREDENTIAL, "sk-simulated".to_owned()),
    ];
    command.env_clear().envs(settings).envs(options.settings.iter().cloned());
    command
}
