//! The rules. Each answers with sentences that name the crate first.

use crate::walls::Source;
use crate::walls::manifest::Package;
use crate::walls::rust_code::words;

/// Crates of this workspace that others may depend on, if their row says so.
const OURS: [&str; 9] =
    ["tenancy", "billing", "llm", "market", "store", "gateway", "upstream-sim", "xtask", "acceptance"];
/// Whoever reaches for the world is not pure.
const THE_WORLD: [&str; 5] = ["sqlx", "redis", "tokio", "actix", "reqwest"];
const DATABASES: [&str; 2] = ["sqlx", "redis"];
const SERVERS_AND_CLIENTS: [&str; 2] = ["actix", "reqwest"];
const FLOATS: [&str; 2] = ["f32", "f64"];
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";
const NPM: &str = "https://registry.npmjs.org/";

struct Row {
    name: &'static str,
    may_use: &'static [&'static str],
    /// First parts of names: `actix` stands for `actix-web` and `actix_web` too.
    must_not_name: &'static [&'static str],
    exact_money: bool,
    /// The folder in which alone a name may appear.
    confined: &'static [(&'static str, &'static str)],
}

const ROWS: [Row; 9] = [
    Row { name: "tenancy", may_use: &[], must_not_name: &THE_WORLD, exact_money: true, confined: &[NO_UTOIPA] },
    Row {
        name: "billing",
        may_use: &["tenancy"],
        must_not_name: &THE_WORLD,
        exact_money: true,
        confined: &[NO_UTOIPA],
    },
    Row {
        name: "llm",
        may_use: &[],
        must_not_name: &THE_WORLD,
        exact_money: false,
        confined: &[("utoipa", "src/wire")],
    },
    Row { name: "market", may_use: &[], must_not_name: &THE_WORLD, exact_money: false, confined: &[NO_UTOIPA] },
    Row {
        name: "store",
        // `acceptance` gives its tests a real Postgres and Redis.
        may_use: &["tenancy", "billing", "llm", "acceptance"],
        must_not_name: &SERVERS_AND_CLIENTS,
        exact_money: false,
        confined: &[NO_UTOIPA],
    },
    Row {
        name: "gateway",
        may_use: &["tenancy", "billing", "llm", "market", "store"],
        must_not_name: &DATABASES,
        exact_money: false,
        confined: &[("actix", "src/http/")],
    },
    // Shared wire types would hide a mistake at both ends.
    Row { name: "upstream-sim", may_use: &[], must_not_name: &DATABASES, exact_money: false, confined: &[NO_UTOIPA] },
    // Compiled before everything else.
    Row { name: "xtask", may_use: &[], must_not_name: &["sqlx", "tokio"], exact_money: false, confined: &[NO_UTOIPA] },
    // The product from outside.
    Row { name: "acceptance", may_use: &[], must_not_name: &[], exact_money: false, confined: &[NO_UTOIPA] },
];

/// A folder that does not exist: nowhere.
const NO_UTOIPA: (&str, &str) = ("utoipa", "(nowhere)");

fn row(name: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.name == name)
}

/// `actix` covers `actix_web` and `actix-http`, and not `reactix`.
fn covers(first_part: &str, name: &str) -> bool {
    name.strip_prefix(first_part).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_']))
}

pub(crate) fn dependency_breaches(package: &Package) -> Vec<String> {
    let Some(row) = row(&package.name) else {
        return vec![format!("{}: is not in the table of walls (crates/xtask/src/walls/table.rs)", package.name)];
    };
    let forbidden = |dependency: &&String| {
        let foreign_to_us = OURS.contains(&dependency.as_str()) && !row.may_use.contains(&dependency.as_str());
        let nowhere = row.confined.iter().any(|wall| *wall == NO_UTOIPA && covers(wall.0, dependency));
        foreign_to_us || nowhere || row.must_not_name.iter().any(|name| covers(name, dependency))
    };
    let mut found: Vec<&String> = package.dependencies.iter().filter(forbidden).collect();
    found.dedup();
    found.into_iter().map(|dependency| format!("{}: depends on {dependency}", package.name)).collect()
}

/// Names in code. A store's module may be called `redis`, and the gateway may use it by that name: a crate that is no dependency
/// cannot be meant, so `redis` is left to `dependency_breaches`.
pub(crate) fn source_breaches(package: &Package, sources: &[Source]) -> Vec<String> {
    let Some(row) = row(&package.name) else {
        return Vec::new();
    };
    let mut breaches = Vec::new();
    for source in sources {
        let mut told: Vec<&str> = Vec::new();
        for word in words(&source.code) {
            let floats = row.exact_money && FLOATS.contains(&word);
            let world = row.must_not_name.iter().any(|name| covers(name, word) && *name != "redis");
            let outside = row.confined.iter().any(|(name, home)| covers(name, word) && !source.path.starts_with(home));
            if (floats || world || outside) && !told.contains(&word) {
                told.push(word);
                breaches.push(format!("{}: {} names {word}", package.name, source.path));
            }
        }
    }
    breaches
}

/// A lock file that names a mirror works only where that mirror is.
pub(crate) fn lock_breaches(lock: &str, text: &str) -> Vec<String> {
    let sources = text.lines().filter_map(|line| {
        let line = line.trim().trim_end_matches(',');
        let source = line.strip_prefix("source = \"").or_else(|| line.strip_prefix("\"resolved\": \""))?;
        source.strip_suffix('"')
    });
    let mut foreign: Vec<&str> = sources.filter(|source| *source != CRATES_IO && !source.starts_with(NPM)).collect();
    foreign.sort_unstable();
    foreign.dedup();
    foreign.into_iter().map(|source| format!("{lock}: a package comes from {source}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, dependencies: &[&str]) -> Package {
        let dependencies = dependencies.iter().map(|name| (*name).to_owned()).collect();
        Package { name: name.to_owned(), folder: "/nowhere".into(), dependencies }
    }

    fn named(package_name: &str, path: &str, code: &str) -> Vec<String> {
        source_breaches(&package(package_name, &[]), &[Source { path: path.to_owned(), code: code.to_owned() }])
    }

    #[test]
    fn only_the_arrows_of_the_design_exist() {
        assert!(dependency_breaches(&package("billing", &["tenancy", "rust_decimal"])).is_empty());
        assert_eq!(dependency_breaches(&package("tenancy", &["billing"])), ["tenancy: depends on billing"]);
        assert_eq!(dependency_breaches(&package("upstream-sim", &["llm"])), ["upstream-sim: depends on llm"]);
        assert_eq!(dependency_breaches(&package("gateway", &["upstream-sim"])), ["gateway: depends on upstream-sim"]);
        assert_eq!(dependency_breaches(&package("llm", &["actix-web"])), ["llm: depends on actix-web"]);
        assert_eq!(dependency_breaches(&package("store", &["utoipa"])), ["store: depends on utoipa"]);
        assert_eq!(dependency_breaches(&package("xtask", &["tokio"])), ["xtask: depends on tokio"]);
    }

    #[test]
    fn a_crate_that_the_table_does_not_know_is_told() {
        assert_eq!(dependency_breaches(&package("stranger", &[])).len(), 1);
    }

    #[test]
    fn actix_stays_under_http_and_a_store_module_may_be_called_redis() {
        assert!(named("gateway", "src/http/error.rs", "use actix_web::web;").is_empty());
        assert_eq!(named("gateway", "src/main.rs", "use actix_web::web;"), ["gateway: src/main.rs names actix_web"]);
        assert!(named("gateway", "src/chat/admit.rs", "store::redis::admit(actixes)").is_empty());
        assert_eq!(named("gateway", "src/chat/admit.rs", "store::sqlx::x"), ["gateway: src/chat/admit.rs names sqlx"]);
    }

    #[test]
    fn api_descriptions_stay_with_the_wire_formats() {
        assert!(named("llm", "src/wire/chat.rs", "utoipa").is_empty());
        assert!(named("llm", "src/wire.rs", "utoipa").is_empty());
        assert_eq!(named("llm", "src/sse.rs", "utoipa"), ["llm: src/sse.rs names utoipa"]);
    }

    #[test]
    fn floats_stay_out_of_money_and_a_literal_is_caught_by_its_suffix() {
        assert_eq!(named("billing", "src/price.rs", "let x = 1.0_f64;"), ["billing: src/price.rs names f64"]);
        assert_eq!(named("billing", "src/price.rs", "let x = 1f64 as u8"), ["billing: src/price.rs names f64"]);
        assert!(named("llm", "src/route.rs", "f64").is_empty());
    }

    #[test]
    fn mirrors_are_found_in_both_lock_files() {
        let cargo =
            "source = \"registry+https://github.com/rust-lang/crates.io-index\"\nsource = \"sparse+https://mirror/\"\n";
        assert_eq!(lock_breaches("Cargo.lock", cargo), ["Cargo.lock: a package comes from sparse+https://mirror/"]);
        let npm = "  \"resolved\": \"https://registry.npmjs.org/a.tgz\",\n  \"resolved\": \"https://mirror/a.tgz\",\n";
        assert_eq!(lock_breaches("p", npm), ["p: a package comes from https://mirror/a.tgz"]);
    }
}
