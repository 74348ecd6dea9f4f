//! Files made from other files and committed: `.sqlx` (what Postgres says about each query), `openapi/` (what the gateway says
//! about its routes), the console's API types (what OpenAPI says in TypeScript).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};

use crate::command::{output, run, stream};
use crate::compile::{self, Profile};
use crate::servers::throwaway::Throwaway;
use crate::stack::DATABASE;
use crate::tools::node::Node;
use crate::tools::{self, Tool};
use crate::workspace::Workspace;

/// The one crate that holds SQL.
const CRATE_WITH_QUERIES: &str = "store";
const DOCUMENTS: [&str; 2] = ["gateway", "console"];
const TYPES: &str = "web/src/api/schema.d.ts";

/// Contents by path relative to the checkout.
type Files = BTreeMap<String, String>;

/// Writes all of them. Queries come first: without them the gateway, which writes the rest, does not compile.
pub(crate) fn renew(workspace: &Workspace) -> Result<()> {
    tools::ensure(workspace, &[Tool::Postgres, Tool::Node])?;
    let node = Node::find(workspace).context("find Node")?;
    println!("describing every query against a Postgres of its own");
    let queries = queries(workspace)?;
    replace_folder(workspace, ".sqlx", &queries)?;
    println!("writing openapi/ and {TYPES}");
    compile::packages(workspace, &node)?;
    compile::programs(workspace, Profile::Debug)?;
    for (path, text) in documents(workspace)? {
        write(workspace, &path, &text)?;
    }
    run(&mut node.npm(workspace, &["run", "--silent", "generate"]))
}

/// Makes all of them beside the committed ones and names those that differ. Stale queries are told first: with them nothing
/// else can be built.
pub(crate) fn verify(workspace: &Workspace) -> Result<()> {
    tools::ensure(workspace, &[Tool::Postgres, Tool::Node])?;
    let node = Node::find(workspace).context("find Node")?;
    refuse(differences(&committed(workspace, ".sqlx")?, &queries(workspace)?))?;
    compile::packages(workspace, &node)?;
    compile::programs(workspace, Profile::Debug)?;
    refuse(differences(&committed(workspace, "openapi")?, &documents(workspace)?))?;
    let types = if types_are_stale(workspace, &node)? { vec![TYPES.to_owned()] } else { vec![] };
    refuse(types)
}

fn refuse(stale: Vec<String>) -> Result<()> {
    if stale.is_empty() {
        return Ok(());
    }
    let list: String = stale.iter().map(|path| format!("\n  {path}")).collect();
    bail!("generated files are stale; run `cargo xtask generate` and commit what it changes:{list}")
}

/// Compiles the store against a live database; sqlx's macros then leave a file per query.
fn queries(workspace: &Workspace) -> Result<Files> {
    let throwaway = Throwaway::start(workspace, "generate")?;
    let postgres = &throwaway.postgres;
    postgres.create_database(DATABASE)?;
    postgres.migrate(DATABASE, &workspace.path("migrations"))?;
    let out = workspace.built("xtask").join("sqlx");
    let _ = std::fs::remove_dir_all(&out); // of an earlier time
    std::fs::create_dir_all(&out).with_context(|| format!("create {}", out.display()))?;
    // An argument that cargo has not seen makes it compile this one crate anew, and nothing else.
    let moment = SystemTime::now().duration_since(UNIX_EPOCH).context("read the clock")?.as_nanos();
    let marker = format!("described_at_{moment}");
    let mut cargo = workspace.cargo(&["rustc", "-p", CRATE_WITH_QUERIES, "--lib", "--profile", "check"]);
    cargo.args(["--message-format", "json-render-diagnostics", "--", "--cfg", &marker]);
    cargo
        .env("SQLX_OFFLINE", "false")
        .env("SQLX_OFFLINE_DIR", &out)
        .env("DATABASE_URL", postgres.url("turnpike_owner", DATABASE))
        .env("CARGO_INCREMENTAL", "0");
    let mut made = Vec::new();
    let ended = stream(&mut cargo, |line| made.extend(artifacts(line, CRATE_WITH_QUERIES)))?;
    for artifact in made {
        let _ = std::fs::remove_file(artifact); // never of use again: no other compilation has this marker
    }
    if !ended.success() {
        bail!("the crate `{CRATE_WITH_QUERIES}` does not compile against its migrations");
    }
    let files = read_folder(&out)?;
    Ok(files.into_iter().map(|(name, text)| (format!(".sqlx/{name}"), text)).collect())
}

/// Files that cargo says it made for a crate, from one of its JSON messages.
fn artifacts(line: &str, crate_name: &str) -> Vec<PathBuf> {
    let message: serde_json::Value = serde_json::from_str(line).unwrap_or_default();
    if message["reason"] != "compiler-artifact" || message["target"]["name"] != crate_name {
        return Vec::new();
    }
    let names = message["filenames"].as_array().into_iter().flatten();
    names.filter_map(|name| name.as_str().map(PathBuf::from)).collect()
}

/// What the built gateway says of itself.
fn documents(workspace: &Workspace) -> Result<Files> {
    let gateway = workspace.built(Profile::Debug.folder()).join("turnpike");
    let document = |name: &str| -> Result<(String, String)> {
        let text = output(Command::new(&gateway).args(["openapi", name]))?;
        Ok((format!("openapi/{name}.json"), text))
    };
    DOCUMENTS.into_iter().map(document).collect()
}

/// The generator writes in place, so the file is put back as it was: a check changes nothing.
fn types_are_stale(workspace: &Workspace, node: &Node) -> Result<bool> {
    let path = workspace.path(TYPES);
    let before = std::fs::read(&path).unwrap_or_default();
    let made = output(&mut node.npm(workspace, &["run", "--silent", "generate"]));
    let after = std::fs::read(&path).unwrap_or_default();
    if after != before {
        std::fs::write(&path, &before).with_context(|| format!("put {} back", path.display()))?;
    }
    made.map(|_| after != before)
}

fn committed(workspace: &Workspace, folder: &str) -> Result<Files> {
    let files = read_folder(&workspace.path(folder))?;
    let json = files.into_iter().filter(|(name, _)| name.ends_with(".json"));
    Ok(json.map(|(name, text)| (format!("{folder}/{name}"), text)).collect())
}

/// Paths that are missing on either side or hold something else.
fn differences(committed: &Files, made: &Files) -> Vec<String> {
    let all: std::collections::BTreeSet<&String> = committed.keys().chain(made.keys()).collect();
    all.into_iter().filter(|path| committed.get(*path) != made.get(*path)).cloned().collect()
}

fn read_folder(folder: &Path) -> Result<Files> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Files::new()),
        Err(error) => return Err(error).with_context(|| format!("list {}", folder.display())),
    };
    let mut files = Files::new();
    for entry in entries.flatten() {
        let path: PathBuf = entry.path();
        if path.is_file() {
            let text = std::fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
            files.insert(entry.file_name().to_string_lossy().into_owned(), text);
        }
    }
    Ok(files)
}

fn replace_folder(workspace: &Workspace, folder: &str, files: &Files) -> Result<()> {
    let old = committed(workspace, folder)?;
    for path in old.keys().filter(|path| !files.contains_key(*path)) {
        std::fs::remove_file(workspace.path(path)).with_context(|| format!("remove {path}"))?;
    }
    for (path, text) in files.iter().filter(|(path, text)| old.get(*path) != Some(text)) {
        write(workspace, path, text)?;
    }
    Ok(())
}

fn write(workspace: &Workspace, path: &str, text: &str) -> Result<()> {
    let file = workspace.path(path);
    let parent = file.parent().expect("a generated file lies in a folder");
    std::fs::create_dir_all(parent).and_then(|()| std::fs::write(&file, text)).with_context(|| format!("write {path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_a_missing_and_a_left_over_file_are_all_stale() {
        let files = |pairs: &[(&str, &str)]| -> Files {
            pairs.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
        };
        let committed = files(&[("same", "1"), ("changed", "1"), ("left over", "1")]);
        let made = files(&[("same", "1"), ("changed", "2"), ("missing", "1")]);
        assert_eq!(differences(&committed, &made), ["changed", "left over", "missing"]);
    }
}
