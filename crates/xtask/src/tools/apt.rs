//! Debian's and Ubuntu's packages, as root or through sudo.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use rustix::process::geteuid;

use crate::command::{find_on_path, output};
use crate::signals;

/// The script that keeps the packages' services from starting.
const INSTALL: &str = include_str!("install.sh");

pub(crate) fn is_here() -> bool {
    Path::new("/usr/bin/apt-get").exists()
}

/// Fetches the lists of packages; a fresh container has none.
pub(crate) fn update() -> Result<()> {
    println!("asking apt-get for its lists of packages");
    as_root(&["apt-get", "update", "-qq"])
}

/// What `apt-get install` would give: `18.20.4+dfsg-1~deb12u1`, or nothing where the package is unknown.
pub(crate) fn candidate(package: &str) -> Option<String> {
    let text = output(Command::new("apt-cache").env("LC_ALL", "C").args(["policy", package])).ok()?;
    let version = text.lines().find_map(|line| line.trim().strip_prefix("Candidate: "))?;
    (version != "(none)").then(|| version.to_owned())
}

pub(crate) fn install(packages: &[&str]) -> Result<()> {
    println!("installing with apt-get (services of these packages stay off): {}", packages.join(" "));
    let mut words = vec!["sh", "-c", INSTALL, "install"];
    words.extend(packages);
    as_root(&words).with_context(|| format!("install {}", packages.join(" ")))
}

/// Runs in the terminal's own process group, because sudo may ask for a password there.
fn as_root(words: &[&str]) -> Result<()> {
    let mut command = if geteuid().is_root() {
        Command::new(words[0])
    } else if let Some(sudo) = find_on_path("sudo") {
        let mut command = Command::new(sudo);
        command.arg("-p").arg("[sudo] password of %p for the installation above: ").arg(words[0]);
        command
    } else {
        bail!(
            "this needs root and there is no sudo: run the same command once as root, or install the packages yourself"
        );
    };
    let status = command.args(&words[1..]).status().with_context(|| format!("start {}", words[0]))?;
    if signals::stop_requested() {
        bail!("stopped during the installation");
    }
    if !status.success() {
        bail!("{} ended with {status}", words[0]);
    }
    Ok(())
}
