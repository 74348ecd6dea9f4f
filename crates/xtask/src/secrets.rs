//! Secrets of this machine's Turnpike: made once, readable by their owner only.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, Result};

/// `NAME=value` lines, as a shell's `.` reads them.
pub(crate) type Env = BTreeMap<String, String>;

/// `bytes` from the system's generator, in hexadecimal.
pub(crate) fn random_hex(bytes: usize) -> Result<String> {
    let mut buffer = vec![0; bytes];
    let mut source = std::fs::File::open("/dev/urandom").context("open /dev/urandom")?;
    source.read_exact(&mut buffer).context("read /dev/urandom")?;
    Ok(buffer.iter().map(|byte| format!("{byte:02x}")).collect())
}

pub(crate) fn read_env(file: &Path) -> Env {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// Replaces `file` as a whole, so that a crash leaves the old one or the new one; mode 0600 from its first byte.
pub(crate) fn write_env(file: &Path, comment: &str, env: &Env) -> Result<()> {
    let draft = file.with_extension("draft");
    let _ = std::fs::remove_file(&draft); // one left by a crash could have another mode
    let mut text = format!("# {comment}\n");
    for (name, value) in env {
        text.push_str(&format!("{name}={value}\n"));
    }
    std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&draft)
        .and_then(|mut opened| opened.write_all(text.as_bytes()))
        .with_context(|| format!("write {}", draft.display()))?;
    std::fs::rename(&draft, file).with_context(|| format!("replace {}", file.display()))
}

/// The gateway's own secrets from `file`, made the first time they are missing: keys signed yesterday stay valid.
pub(crate) fn gateway_secrets(file: &Path) -> Result<Env> {
    let mut env = read_env(file);
    if !env.contains_key("TURNPIKE_SECRET_KEYS") {
        env.insert("TURNPIKE_SECRET_KEYS".to_owned(), random_hex(32)?);
        let comment = "made by `cargo xtask run`; without it the keys of its database are worthless";
        write_env(file, comment, &env)?;
    }
    Ok(env)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn secrets_are_made_once_and_only_their_owner_reads_them() {
        let file = std::env::temp_dir().join(format!("turnpike-secrets-{}.env", std::process::id()));
        let _ = std::fs::remove_file(&file);
        let first = gateway_secrets(&file).unwrap();
        assert_eq!(first["TURNPIKE_SECRET_KEYS"].len(), 64);
        assert_ne!(random_hex(32).unwrap(), random_hex(32).unwrap());
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(gateway_secrets(&file).unwrap(), first);
        std::fs::remove_file(&file).unwrap();
    }
}
