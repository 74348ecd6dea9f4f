//! Where a request may go, best first.

use std::sync::Arc;

use crate::catalog::{Catalog, Mode, Model};
use crate::provider::Kind;

/// The only strategy so far: the catalogue's order.
const ORDERED: &str = "ordered";

/// How many names a 404 offers instead.
const CLOSEST_NAMES: usize = 3;

/// One offer that may serve the request.
#[derive(Debug, Clone)]
pub struct Candidate {
    pub model: Arc<Model>,
    /// Place in `model.offers`.
    pub offer: usize,
    /// Id of the provider.
    pub provider: String,
    pub kind: Kind,
    /// The provider's own name for the model.
    pub upstream_model: String,
}

/// Candidates in the order in which they are tried; never empty when made. Only [`plan`] makes one: after that,
/// candidates may be removed, never added, because the hold was priced by the dearest.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Plan {
    pub candidates: Vec<Candidate>,
    pub strategy: &'static str,
    /// In words, for the reply's `routing.reason`.
    pub reason: String,
}

impl Plan {
    /// Says in the reason that the strategy asked for is not the one applied. Nothing to say where they agree.
    pub fn note_asked_strategy(&mut self, asked: &str) {
        if asked != self.strategy {
            self.reason.push_str(&format!("; strategy {asked} is not available, {} was applied", self.strategy));
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    #[error("the model `{name}` does not exist")]
    ModelNotFound { name: String, closest: Vec<String> },
    /// The model exists, but the caller's plan does not include it.
    #[error("the model `{name}` is not in the plan")]
    ModelNotInPlan { name: String },
    /// `mode` is the model's own.
    #[error("the model `{name}` is for {mode} and cannot be used here")]
    WrongMode { name: String, mode: Mode },
}

/// The offers of the requested model in the order of the catalogue, then those of each fallback model in the order
/// given; a model that is named twice counts once. A fallback that cannot serve is an error like the model
/// itself, so that a wrong name is found before it is needed. `permits` is asked with model ids.
pub fn plan(
    catalog: &Catalog,
    requested: &str,
    fallback_models: &[String],
    mode: Mode,
    permits: &dyn Fn(&str) -> bool,
) -> Result<Plan, RouteError> {
    let mut models: Vec<&Arc<Model>> = Vec::with_capacity(1 + fallback_models.len());
    for name in std::iter::once(requested).chain(fallback_models.iter().map(String::as_str)) {
        let model = usable(catalog, name, mode, permits)?;
        if !models.iter().any(|known| known.id == model.id) {
            models.push(model);
        }
    }
    let candidates = models.iter().flat_map(|model| candidates(catalog, model)).collect();
    Ok(Plan { candidates, strategy: ORDERED, reason: reason(requested, &models) })
}

fn usable<'c>(
    catalog: &'c Catalog,
    name: &str,
    mode: Mode,
    permits: &dyn Fn(&str) -> bool,
) -> Result<&'c Arc<Model>, RouteError> {
    let Some(model) = catalog.resolve(name) else {
        let closest = catalog.closest(name, CLOSEST_NAMES).into_iter().map(str::to_owned).collect();
        return Err(RouteError::ModelNotFound { name: name.to_owned(), closest });
    };
    if model.mode != mode {
        return Err(RouteError::WrongMode { name: name.to_owned(), mode: model.mode });
    }
    match permits(&model.id) {
        true => Ok(model),
        false => Err(RouteError::ModelNotInPlan { name: name.to_owned() }),
    }
}

fn candidates<'c>(catalog: &'c Catalog, model: &'c Arc<Model>) -> impl Iterator<Item = Candidate> + 'c {
    model.offers.iter().enumerate().map(|(place, offer)| {
        let provider = catalog.provider(&offer.provider).expect("a catalogue's offers name its own providers");
        Candidate {
            model: Arc::clone(model),
            offer: place,
            provider: offer.provider.clone(),
            kind: provider.kind,
            upstream_model: offer.model.clone(),
        }
    })
}

fn reason(requested: &str, models: &[&Arc<Model>]) -> String {
    let first = &models[0].id;
    let mut reason = match requested == first {
        true => format!("{first} as asked"),
        false => format!("{requested} is {first}"),
    };
    if models.len() > 1 {
        let fallbacks: Vec<&str> = models[1..].iter().map(|model| model.id.as_str()).collect();
        reason.push_str(&format!(", then {}", fallbacks.join(", ")));
    }
    reason
}

#[cfg(test)]
mod tests {
    use super::*;

    const CATALOG: &str = r#"
        providers = [
            { id = "one", kind = "openai", base_url = "https://one" },
            { id = "two", kind = "openai-compatible", base_url = "https://two" },
        ]
        [[models]]
        id = "big"
        aliases = ["large"]
        mode = "chat"
        context_tokens = 1000
        max_output_tokens = 100
        price = { input = "1", output = "2" }
        offers = [{ provider = "one", model = "big-1" }, { provider = "two", model = "vendor/big" }]
        [[models]]
        id = "small"
        mode = "chat"
        context_tokens = 1000
        max_output_tokens = 100
        price = { input = "1", output = "2" }
        offers = [{ provider = "two", model = "small-1" }]
        [[models]]
        id = "vectors"
        mode = "embedding"
        context_tokens = 1000
        price = { input = "1" }
        offers = [{ provider = "one", model = "vectors" }]
    "#;

    fn route(requested: &str, fallbacks: &[&str], permits: &dyn Fn(&str) -> bool) -> Result<Plan, RouteError> {
        let fallbacks: Vec<String> = fallbacks.iter().map(|name| (*name).to_owned()).collect();
        plan(&Catalog::parse(CATALOG).unwrap(), requested, &fallbacks, Mode::Chat, permits)
    }

    #[test]
    fn offers_come_in_catalogue_order_and_fallback_models_after_them() {
        let plan = route("large", &["small", "big"], &|_| true).unwrap();
        let order: Vec<_> =
            plan.candidates.iter().map(|at| (at.provider.as_str(), at.upstream_model.as_str(), at.offer)).collect();
        assert_eq!(order, [("one", "big-1", 0), ("two", "vendor/big", 1), ("two", "small-1", 0)]);
        assert_eq!(plan.candidates[1].kind, Kind::OpenAiCompatible);
        assert_eq!((plan.strategy, plan.reason.as_str()), ("ordered", "large is big, then small"));
    }

    #[test]
    fn an_unknown_name_is_answered_with_near_ones() {
        let Err(RouteError::ModelNotFound { name, closest }) = route("smal", &[], &|_| true) else { panic!() };
        assert_eq!((name.as_str(), closest[0].as_str()), ("smal", "small"));
    }

    #[test]
    fn a_model_outside_the_plan_is_refused_also_as_a_fallback() {
        let refused = RouteError::ModelNotInPlan { name: "small".into() };
        assert_eq!(route("small", &[], &|id| id != "small").unwrap_err(), refused);
        assert_eq!(route("big", &["small"], &|id| id != "small").unwrap_err(), refused);
    }

    #[test]
    fn permission_is_asked_by_id_not_by_alias() {
        assert!(route("large", &[], &|id| id == "big").is_ok());
    }

    #[test]
    fn a_model_of_another_mode_is_refused() {
        let refused = RouteError::WrongMode { name: "vectors".into(), mode: Mode::Embedding };
        assert_eq!(route("vectors", &[], &|_| true).unwrap_err(), refused);
    }

    #[test]
    fn a_strategy_that_was_not_applied_is_said() {
        let mut plan = route("big", &[], &|_| true).unwrap();
        plan.note_asked_strategy("ordered");
        assert_eq!(plan.reason, "big as asked");
        plan.note_asked_strategy("latency");
        assert_eq!(plan.reason, "big as asked; strategy latency is not available, ordered was applied");
    }
}
