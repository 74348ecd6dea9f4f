//! The `routing` object: how the caller wants its model chosen.

use rust_decimal::Decimal;

use super::super::members::Read;
use super::RequestError;
use crate::json;

/// A plan's hold is priced by its dearest member, and each member may cost a wait: lists stay short.
pub const FALLBACK_MODELS_MAX: usize = 16;

/// Longest `strategy`, `fallback_strategy` and `sticky_key`.
const WORD_MAX_BYTES: usize = 256;

/// Everything absent means: as the key or the operator has set it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoutingOptions {
    pub strategy: Option<String>,
    pub fallback_strategy: Option<String>,
    pub fallback_models: Vec<String>,
    /// USD per million output tokens.
    pub max_cost_per_mtok: Option<Decimal>,
    pub latency_budget_ms: Option<u64>,
    /// 0 to 1.
    pub quality_min: Option<Decimal>,
    pub sticky_key: Option<String>,
}

impl RoutingOptions {
    /// The value of the header `x-turnpike-routing`: the same object as JSON.
    pub(super) fn parse_header(header: &str) -> Result<RoutingOptions, RequestError> {
        if !json::is_valid(header.as_bytes()) {
            return Err(RequestError::at(
                "x-turnpike-routing",
                "the header `x-turnpike-routing` must be a JSON object",
            ));
        }
        RoutingOptions::parse(Read { name: "routing".into(), value: header.trim().as_bytes() })
    }

    pub(super) fn parse(routing: Read<'_>) -> Result<RoutingOptions, RequestError> {
        let mut options = RoutingOptions::default();
        for member in routing.members()? {
            let name = &member.name[routing.name.len() + 1..];
            if member.is_null() {
                continue;
            }
            match name {
                "strategy" => options.strategy = Some(word(&member)?),
                "fallback_strategy" => options.fallback_strategy = Some(word(&member)?),
                "fallback_models" => options.fallback_models = member.strings(FALLBACK_MODELS_MAX)?,
                "max_cost_per_mtok" => options.max_cost_per_mtok = Some(member.decimal()?),
                "latency_budget_ms" => options.latency_budget_ms = Some(member.integer(1..=3_600_000)?),
                "quality_min" => options.quality_min = Some(quality(&member)?),
                "sticky_key" => options.sticky_key = Some(word(&member)?),
                _ => {
                    return Err(member.wrong(
                        "is not known: use strategy, fallback_strategy, fallback_models, max_cost_per_mtok, latency_budget_ms, quality_min or sticky_key",
                    ));
                }
            }
        }
        Ok(options)
    }
}

fn word(member: &Read<'_>) -> Result<String, RequestError> {
    let word = member.string()?;
    match word.len() {
        1..=WORD_MAX_BYTES => Ok(word.into_owned()),
        _ => Err(member.wrong("must be a string of 1 to 256 bytes")),
    }
}

fn quality(member: &Read<'_>) -> Result<Decimal, RequestError> {
    let quality = member.decimal()?;
    match quality <= Decimal::ONE {
        true => Ok(quality),
        false => Err(member.wrong("must be a number from 0 to 1")),
    }
}
