//! Writes the table of the console's files that `src/http/assets.rs` embeds.

use std::env;
use std::fmt::Write;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Set to build a release without the console on purpose.
const WITHOUT: &str = "TURNPIKE_WITHOUT_CONSOLE";

fn main() -> io::Result<()> {
    let dist = Path::new(&variable("CARGO_MANIFEST_DIR")).join("../../web/dist");
    // While the folder is missing, cargo looks again at every build.
    println!("cargo:rerun-if-changed={}", dist.display());
    println!("cargo:rerun-if-env-changed={WITHOUT}");
    let built = dist.join("index.html").is_file();
    if !built && variable("PROFILE") == "release" && env::var_os(WITHOUT).is_none_or(|value| value != "1") {
        eprintln!(
            "error: web/dist has no console to embed: run `npm ci && npm run build` in web/, or `cargo xtask run`."
        );
        eprintln!("To release a gateway without the console, set {WITHOUT}=1.");
        std::process::exit(1);
    }
    let mut files = Vec::new();
    if built {
        collect(&dist.canonicalize()?, &mut files)?;
        files.sort();
    }
    fs::write(Path::new(&variable("OUT_DIR")).join("assets.rs"), table(&files, &dist)?)
}

fn table(files: &[PathBuf], dist: &Path) -> io::Result<String> {
    let mut text = String::from("static ASSETS: &[Asset] = &[\n");
    for file in files {
        let dist = dist.canonicalize()?;
        let path = file.strip_prefix(&dist).expect("every file was found below dist");
        let path = path.to_str().expect("the console's build names its files in ASCII").replace('\\', "/");
        writeln!(text, "    Asset {{ path: \"/{path}\", bytes: include_bytes!({file:?}) }},")
            .expect("a String takes whatever is written");
    }
    text.push_str("];\n");
    Ok(text)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

fn variable(name: &str) -> String {
    env::var(name).expect("cargo sets it for every build script")
}
