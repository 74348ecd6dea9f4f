//! What is sold, and for how much.

use super::money::Money;
use super::reply;
use crate::app::App;
use crate::catalog::CatalogInForce;
use crate::http::error::Problem;
use crate::http::member::Member;
use actix_web::{HttpResponse, web};
use billing::{Currency, MoneyError};
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

/// Prices are in USD per million tokens.
#[derive(Serialize, ToSchema)]
pub(crate) struct Model {
    id: String,
    aliases: Vec<String>,
    #[schema(inline)]
    mode: Mode,
    #[schema(value_type = i64)]
    context_tokens: u64,
    #[schema(required, value_type = Option<i64>)]
    max_output_tokens: Option<u64>,
    capabilities: Vec<String>,
    price: ModelPrice,
    list: ListPrice,
    /// Those that can be called here, in the order they are tried.
    providers: Vec<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Mode {
    Chat,
    Embedding,
    Completion,
}

/// What is paid here.
#[derive(Serialize, ToSchema)]
pub(crate) struct ModelPrice {
    input: Money,
    /// None: as input.
    #[schema(required)]
    cached_input: Option<Money>,
    /// Zero for embeddings, which have none.
    output: Money,
}

/// What the vendor asks from the public; as the price where it names none.
#[derive(Serialize, ToSchema)]
pub(crate) struct ListPrice {
    input: Money,
    output: Money,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct ModelList {
    items: Vec<Model>,
}

/// The models that are sold.
#[utoipa::path(get, path = "/api/models", operation_id = "model_list", tag = "models",
    responses((status = 200, description = "models", body = ModelList),
              (status = "4XX", description = "problem", body = Problem, content_type = "application/problem+json")))]
pub(in crate::http) async fn list(app: web::Data<App>, _member: Member) -> Result<HttpResponse, Problem> {
    let catalog = app.catalog.load();
    let items: Result<Vec<Model>, MoneyError> =
        catalog.catalog.models().iter().filter_map(|model| offered(&catalog, model).transpose()).collect();
    let items = items.map_err(|error| {
        tracing::error!(error = %error, "a price in force cannot be shown");
        Problem::internal()
    })?;
    Ok(reply::ok(&ModelList { items }))
}

/// The model with the price in force; none if it has no price, because then it is not sold.
fn offered(catalog: &CatalogInForce, model: &llm::catalog::Model) -> Result<Option<Model>, MoneyError> {
    let Some(version) = catalog.price(&model.id) else { return Ok(None) };
    let usd = |amount: Decimal| billing::Money::new(amount, Currency::USD).map(Money::from);
    let price = &version.price;
    let (list_input, list_output) = match &model.list {
        Some(list) => (list.input, list.output.unwrap_or_default()),
        None => (price.input, price.output),
    };
    Ok(Some(Model {
        id: model.id.clone(),
        aliases: model.aliases.clone(),
        mode: match model.mode {
            llm::catalog::Mode::Chat => Mode::Chat,
            llm::catalog::Mode::Embedding => Mode::Embedding,
            llm::catalog::Mode::Completion => Mode::Completion,
        },
        context_tokens: model.context_tokens,
        max_output_tokens: (model.mode != llm::catalog::Mode::Embedding).then_some(model.max_output_tokens),
        capabilities: model.capabilities.clone(),
        price: ModelPrice {
            input: usd(price.input)?,
            cached_input: price.cached_input.map(usd).transpose()?,
            output: usd(price.output)?,
        },
        list: ListPrice { input: usd(list_input)?, output: usd(list_output)? },
        providers: providers(catalog, model),
    }))
}

/// Each once, though it may have several offers.
fn providers(catalog: &CatalogInForce, model: &llm::catalog::Model) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for offer in model.offers.iter().filter(|offer| catalog.upstream(&offer.provider).is_some()) {
        if !found.contains(&offer.provider) {
            found.push(offer.provider.clone());
        }
    }
    found
}
