//! What stands in a query, read as strictly as the exchange reads it.

use super::rest_error::RestError;

/// Names and values in the query's order.
#[derive(Clone, Copy)]
pub(crate) struct Parameters<'a>(pub(crate) &'a [(String, String)]);

impl<'a> Parameters<'a> {
    pub(crate) fn get(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Refuses names that the endpoint does not read, and names given twice.
    pub(crate) fn only(&self, names: &[&str]) -> Result<(), RestError> {
        let read = names.iter().filter(|name| self.get(name).is_some()).count();
        if read == self.0.len() { Ok(()) } else { Err(RestError::unread_parameters(read, self.0.len())) }
    }

    pub(crate) fn symbol(&self) -> Result<&'a str, RestError> {
        let symbol = self.get("symbol").filter(|symbol| !symbol.is_empty());
        let symbol = symbol.ok_or_else(|| RestError::missing("symbol"))?;
        if is_symbol(symbol) { Ok(symbol) } else { Err(RestError::illegal("symbol", "^[A-Z0-9-_.]{1,20}$")) }
    }

    /// Of `symbol` or of `symbols`, which is a JSON array; `None` when the query has neither.
    pub(crate) fn symbols(&self) -> Result<Option<Vec<String>>, RestError> {
        if self.get("symbol").is_some() {
            return Ok(Some(vec![self.symbol()?.to_owned()]));
        }
        let Some(list) = self.get("symbols") else {
            return Ok(None);
        };
        let symbols: Option<Vec<String>> = serde_json::from_str(list).ok();
        match symbols.filter(|symbols| !symbols.is_empty() && symbols.iter().all(|symbol| is_symbol(symbol))) {
            Some(symbols) => Ok(Some(symbols)),
            None => Err(RestError::illegal("symbols", r#"^\["[A-Z0-9-_.]{1,20}"(,"[A-Z0-9-_.]{1,20}"){0,}\]$"#)),
        }
    }

    /// How many symbols a request concerns, for its weight; `None` when it is all.
    pub(crate) fn symbols_asked(&self) -> Option<usize> {
        self.symbols().ok().flatten().map(|symbols| symbols.len())
    }

    pub(crate) fn limit(&self, default: usize) -> Result<usize, RestError> {
        let Some(text) = self.get("limit") else {
            return Ok(default);
        };
        match text.parse() {
            Ok(0) => Err(RestError::invalid("limit")),
            Ok(limit) => Ok(limit),
            Err(_) => Err(RestError::illegal("limit", "^[0-9]{1,20}$")),
        }
    }
}

fn is_symbol(text: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b"-_.".contains(&byte);
    (1..=20).contains(&text.len()) && text.bytes().all(legal)
}
