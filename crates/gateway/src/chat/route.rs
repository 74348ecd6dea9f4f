//! Choosing where a request may go: an ordered plan of candidates, each with its price and its place.

use super::failure::Failure;
use super::translate::Request;
use crate::app::App;
use crate::catalog::{Upstream, sandbox};
use crate::http::authenticate::Caller;
use llm::catalog::Mode;
use llm::route::{Candidate, RouteError, plan};
use store::catalog::PriceVersion;
use tenancy::Environment;

/// Candidates in the order in which they are tried; never empty. Afterwards they may only be removed.
#[derive(Debug)]
pub struct Route {
    pub stops: Vec<Stop>,
    pub strategy: &'static str,
    pub reason: String,
}

#[derive(Debug, Clone)]
pub struct Stop {
    pub candidate: Candidate,
    pub price: PriceVersion,
    pub upstream: Upstream,
}

pub fn route(app: &App, caller: &Caller, request: &Request, mode: Mode) -> Result<Route, Failure> {
    let catalog = app.catalog.load();
    let mut found =
        plan(&catalog.catalog, request.model(), request.fallback_models(), mode, &|model| caller.permits(model))
            .map_err(|e| refusal(caller, e))?;
    if let Some(asked) = request.asked_strategy() {
        found.note_asked_strategy(asked);
    }
    let test = caller.facts().environment == Environment::Test;
    if test && app.config.sandbox_url.is_none() {
        return Err(Failure::NoSandbox);
    }
    let mut stops = Vec::with_capacity(found.candidates.len());
    for candidate in found.candidates {
        let Some(price) = catalog.price(&candidate.model.id).cloned() else {
            return Err(Failure::NotPriced { name: candidate.model.id.clone() });
        };
        let upstream = match &app.config.sandbox_url {
            Some(url) if test => Some(sandbox(url)),
            _ => catalog.upstream(&candidate.provider).cloned(),
        };
        stops.extend(upstream.map(|upstream| Stop { candidate, price, upstream }));
    }
    if stops.is_empty() {
        return Err(Failure::NoUpstream { name: request.model().to_owned() });
    }
    Ok(Route { stops, strategy: found.strategy, reason: found.reason })
}

fn refusal(caller: &Caller, error: RouteError) -> Failure {
    match error {
        RouteError::ModelNotFound { name, closest } => Failure::ModelNotFound { name, closest },
        RouteError::ModelNotInPlan { name } => {
            let by = caller.permitted_by(&name);
            Failure::ModelNotPermitted { name, by }
        }
        RouteError::WrongMode { name, mode } => Failure::WrongMode { name, mode },
    }
}
