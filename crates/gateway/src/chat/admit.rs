//! Placing the hold: what the request can cost at most, at the dearest candidate, before anything is called.

use super::failure::Failure;
use super::route::Route;
use super::translate::Request;
use crate::app::App;
use crate::clock::new_request_id;
use crate::http::authenticate::Caller;
use billing::{HoldRequest, Money, Price, UsageKind, affordable_output, hold_amount};
use std::sync::Arc;
use store::books::{Admission, Order, Outcome, Refusal};
use store::journal::{Intent, Served};
use store::redis::admit::Granted;
use tenancy::{Environment, Limits};

/// Below this an answer is seldom worth having, so a hold is not reduced further without being asked.
const REDUCED_OUTPUT_MIN: u64 = 1_024;

/// How many loads of its tenant's state may come between a request and its hold: more than a few in a row are a Redis in trouble.
const OVERTAKEN_MAX: u32 = 3;

/// A request that has its hold. Consumed by settling.
#[derive(Debug)]
pub struct Admitted {
    pub admission: Admission,
    pub route: Route,
    pub granted: Granted,
    pub limits: Limits,
    /// The output limit that we add upstream, because the client gave none.
    pub bound: Option<u64>,
}

/// Asks once, and again after a refusal that a fresh look or a smaller hold answers.
pub async fn admit(app: &Arc<App>, mut caller: Caller, request: &Request, route: Route) -> Result<Admitted, Failure> {
    let explicit = request.explicit_limit();
    let mut output = explicit.unwrap_or_else(|| default_output(app, &route));
    let mut refreshed = false;
    let mut reduced = false;
    let mut overtaken = 0;
    loop {
        let prices = prices(&caller, &route);
        let needed = hold(&caller, &prices, request, output)?;
        let order = order(&caller, request, &route, needed, output);
        match app.books.admit(order).await {
            Outcome::Admitted(admission, granted) => {
                let bound = explicit.is_none().then_some(output);
                return Ok(Admitted { admission, limits: caller.facts().limits, route, granted, bound });
            }
            Outcome::Refused(Refusal::Stale) if !refreshed => {
                refreshed = true;
                caller = caller.refresh(app).await?;
            }
            Outcome::Refused(Refusal::Overtaken) if overtaken < OVERTAKEN_MAX => overtaken += 1,
            Outcome::Refused(Refusal::Balance { available_micros }) => {
                let available = Money::from_micros(available_micros, caller.facts().currency);
                let fits = affordable_output(
                    &available,
                    &prices,
                    request.input_tokens(),
                    request.choices(),
                    caller.facts().fx_rate,
                );
                match fits {
                    Some(tokens) if explicit.is_none() && !reduced && tokens >= REDUCED_OUTPUT_MIN => {
                        reduced = true;
                        output = tokens;
                    }
                    _ => return Err(Failure::Balance { available, needed, fits }),
                }
            }
            Outcome::Refused(refusal) => return Err(failure(refusal, caller.facts().limits)),
        }
    }
}

fn failure(refusal: Refusal, limits: Limits) -> Failure {
    match refusal {
        Refusal::Suspended => Failure::Suspended,
        Refusal::RequestsPerMinute { retry_after_ms } => {
            Failure::RequestsPerMinute { limit: limits.requests_per_minute, retry_after_ms }
        }
        Refusal::TokensPerMinute { retry_after_ms } => {
            Failure::TokensPerMinute { limit: limits.tokens_per_minute, retry_after_ms }
        }
        Refusal::Concurrency => Failure::Concurrency { limit: limits.concurrent_requests },
        Refusal::Unavailable(reason) => Failure::Unavailable(reason),
        Refusal::Stale | Refusal::Overtaken | Refusal::Balance { .. } => {
            Failure::Unavailable("the organisation changes too fast".into())
        }
    }
}

/// The smallest cap among the candidates, so that whichever answers has the same bound.
fn default_output(app: &App, route: &Route) -> u64 {
    route
        .stops
        .iter()
        .map(|s| s.candidate.model.max_output_tokens)
        .min()
        .unwrap_or(0)
        .min(app.config.output_tokens_default)
}

/// Test keys cost nothing.
fn prices(caller: &Caller, route: &Route) -> Vec<Price> {
    match caller.facts().environment {
        Environment::Live => route.stops.iter().map(|s| s.price.price.clone()).collect(),
        Environment::Test => vec![Price::free()],
    }
}

fn hold(caller: &Caller, prices: &[Price], request: &Request, output: u64) -> Result<Money, Failure> {
    let output_tokens = output.saturating_mul(request.choices());
    let bounds =
        HoldRequest { prices, input_tokens: request.input_tokens(), output_tokens, fx_rate: caller.facts().fx_rate };
    hold_amount(&bounds, caller.facts().currency)
        .map_err(|e| Failure::Invalid { param: None, message: format!("the request cannot be priced: {e}") })
}

fn order(caller: &Caller, request: &Request, route: &Route, hold: Money, output: u64) -> Order {
    let facts = caller.facts();
    let input_tokens = request.input_tokens();
    let intent = Arc::new(Intent {
        request_id: new_request_id(),
        tenant_id: facts.tenant_id,
        api_key_id: facts.api_key_id,
        user_id: facts.user_id,
        environment: facts.environment,
        endpoint: request.endpoint(),
        kind: UsageKind::Request,
        streaming: request.is_streaming(),
        requested_model: request.model().to_owned(),
        candidate: served(&route.stops[0]),
        currency: facts.currency.as_str().to_owned(),
        fx_quote_id: facts.fx_quote_id,
        fx_rate: facts.fx_rate,
        hold: hold.amount(),
        input_tokens,
        metadata: request.metadata().to_vec(),
    });
    let tokens = input_tokens.saturating_add(output.saturating_mul(request.choices()));
    Order { intent, version: facts.version, limits: facts.limits, tokens }
}

/// Who answers, as journal and usage row name it.
pub fn served(stop: &super::route::Stop) -> Served {
    Served {
        model: stop.candidate.model.id.clone(),
        provider: stop.candidate.provider.clone(),
        upstream_model: stop.candidate.upstream_model.clone(),
        price_id: stop.price.price_id,
        price: stop.price.price.clone(),
    }
}
