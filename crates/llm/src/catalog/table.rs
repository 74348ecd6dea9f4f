//! Reads one table of a catalogue file member by member and notes everything that is wrong with it.

use std::collections::BTreeSet;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::CatalogError;

/// Prices keep what the ledger keeps.
const PRICE_DECIMALS_MAX: u32 = 12;

/// A table and its path. Every reader returns `None` both for an absent and for a wrong member; the latter is noted.
pub(super) struct Table<'f, 'e> {
    path: String,
    members: &'f Map<String, Value>,
    read: BTreeSet<&'static str>,
    pub(super) errors: &'e mut Vec<CatalogError>,
}

impl<'f, 'e> Table<'f, 'e> {
    pub(super) fn open(path: String, value: &'f Value, errors: &'e mut Vec<CatalogError>) -> Option<Table<'f, 'e>> {
        match value.as_object() {
            Some(members) => Some(Table { path, members, read: BTreeSet::new(), errors }),
            None => {
                errors.push(CatalogError { path, message: "must be a table".into() });
                None
            }
        }
    }

    pub(super) fn path_of(&self, name: &str) -> String {
        match self.path.is_empty() {
            true => name.to_owned(),
            false => format!("{}.{name}", self.path),
        }
    }

    pub(super) fn wrong(&mut self, name: &str, message: impl Into<String>) {
        let path = self.path_of(name);
        self.errors.push(CatalogError { path, message: message.into() });
    }

    pub(super) fn value(&mut self, name: &'static str) -> Option<&'f Value> {
        self.read.insert(name);
        self.members.get(name).filter(|value| !value.is_null())
    }

    pub(super) fn text(&mut self, name: &'static str) -> Option<String> {
        let value = self.value(name)?;
        match value.as_str().filter(|text| !text.trim().is_empty()) {
            Some(text) => Some(text.to_owned()),
            None => {
                self.wrong(name, "must be a string that is not empty");
                None
            }
        }
    }

    /// Notes an absent member as missing.
    pub(super) fn required<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Self, &'static str) -> Option<T>,
    ) -> Option<T> {
        if self.value(name).is_none() {
            self.wrong(name, "is missing");
            return None;
        }
        read(self, name)
    }

    pub(super) fn texts(&mut self, name: &'static str) -> Vec<String> {
        let Some(value) = self.value(name) else { return Vec::new() };
        let texts: Option<Vec<String>> =
            value.as_array().and_then(|array| array.iter().map(|text| text.as_str().map(str::to_owned)).collect());
        match texts.filter(|texts| texts.iter().all(|text| !text.trim().is_empty())) {
            Some(texts) => texts,
            None => {
                self.wrong(name, "must be an array of strings that are not empty");
                Vec::new()
            }
        }
    }

    pub(super) fn positive(&mut self, name: &'static str) -> Option<u64> {
        let value = self.value(name)?;
        match value.as_u64().filter(|number| (1..=u64::from(u32::MAX)).contains(number)) {
            Some(number) => Some(number),
            None => {
                self.wrong(name, "must be a positive integer");
                None
            }
        }
    }

    /// Only strings: a number would have passed through binary fractions.
    pub(super) fn price(&mut self, name: &'static str) -> Option<Decimal> {
        let value = self.value(name)?;
        let Some(text) = value.as_str() else {
            self.wrong(name, "must be a decimal string, such as \"2.50\"");
            return None;
        };
        match Decimal::from_str_exact(text) {
            Ok(price) if price.is_sign_negative() => self.wrong(name, "must not be negative"),
            Ok(price) if price.normalize().scale() > PRICE_DECIMALS_MAX => {
                self.wrong(name, "must have at most 12 decimals")
            }
            Ok(price) => return Some(price.normalize()),
            Err(_) => self.wrong(name, "must be a decimal string, such as \"2.50\""),
        }
        None
    }

    /// A number or a string from 0 to 1.
    pub(super) fn share(&mut self, name: &'static str) -> Option<Decimal> {
        let value = self.value(name)?;
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        match Decimal::from_str(&text).ok().filter(|share| (Decimal::ZERO..=Decimal::ONE).contains(share)) {
            Some(share) => Some(share.normalize()),
            None => {
                self.wrong(name, "must be a number from 0 to 1");
                None
            }
        }
    }

    /// Reads a table below this one.
    pub(super) fn table<T>(&mut self, name: &'static str, read: impl FnOnce(Table<'_, '_>) -> Option<T>) -> Option<T> {
        let value = self.value(name)?;
        let path = self.path_of(name);
        read(Table::open(path, value, self.errors)?)
    }

    /// Reads an array of tables below this one; `None` stands in the place of one with errors.
    pub(super) fn tables<T>(
        &mut self,
        name: &'static str,
        read: impl Fn(Table<'_, '_>) -> Option<T>,
    ) -> Vec<Option<T>> {
        let Some(value) = self.value(name) else { return Vec::new() };
        let Some(array) = value.as_array() else {
            self.wrong(name, "must be an array of tables");
            return Vec::new();
        };
        let path = self.path_of(name);
        let open = |(index, value)| read(Table::open(format!("{path}[{index}]"), value, self.errors)?);
        array.iter().enumerate().map(open).collect()
    }

    /// Notes every member that nothing asked for.
    pub(super) fn close(mut self) {
        let unknown: Vec<&String> = self.members.keys().filter(|name| !self.read.contains(name.as_str())).collect();
        for name in unknown {
            let known: Vec<&str> = self.read.iter().copied().collect();
            let message = format!("is not known: use {}", known.join(", "));
            self.wrong(name, message);
        }
    }
}
