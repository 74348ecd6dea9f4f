//! What each package of the workspace says it depends on, as cargo understands it: renames, targets and kinds included.

use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::command::output;
use crate::workspace::Workspace;

pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    /// By their true names, of every kind: a test that reaches over a wall is a hole in it too.
    pub(crate) dependencies: Vec<String>,
}

pub(crate) fn read(workspace: &Workspace) -> Result<Vec<Package>> {
    let text = output(&mut workspace.cargo(&["metadata", "--no-deps", "--format-version", "1"]))?;
    parse(&text).context("read what `cargo metadata` says about the workspace")
}

fn parse(text: &str) -> Result<Vec<Package>> {
    let metadata: Value = serde_json::from_str(text)?;
    let packages = metadata["packages"].as_array().context("no packages")?;
    packages.iter().map(package).collect()
}

fn package(value: &Value) -> Result<Package> {
    let manifest = PathBuf::from(value["manifest_path"].as_str().context("a package without a manifest")?);
    let folder = manifest.parent().context("a manifest without a folder")?.to_owned();
    let dependencies = value["dependencies"].as_array().context("a package without a list of dependencies")?;
    let names = dependencies.iter().filter_map(|dependency| dependency["name"].as_str());
    Ok(Package {
        name: value["name"].as_str().context("a package without a name")?.to_owned(),
        folder,
        dependencies: names.map(str::to_owned).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_renamed_dependency_is_known_by_its_true_name() {
        let text = r#"{"packages":[{"name":"billing","manifest_path":"/w/crates/billing/Cargo.toml",
            "dependencies":[{"name":"sqlx","rename":"database","kind":"dev"}]}]}"#;
        let packages = parse(text).unwrap();
        assert_eq!(packages[0].dependencies, ["sqlx"]);
        assert_eq!(packages[0].folder, PathBuf::from("/w/crates/billing"));
    }
}
