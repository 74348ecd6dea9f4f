//! What a catalogue file may say, and what the shipped one does say.

// Every function here belongs to a test.
#![allow(clippy::unwrap_used)]

use llm::catalog::{Catalog, CatalogError, DEFAULT_CATALOG, Mode};
use rust_decimal::Decimal;

const HEAD: &str = "[[providers]]\nid = 'p'\nkind = 'openai'\nbase_url = 'https://p/v1/'\n";

fn file(model: &str) -> String {
    format!("{HEAD}[[models]]\n{model}")
}

const GOOD: &str = "id = 'm'\nmode = 'chat'\ncontext_tokens = 1000\nmax_output_tokens = 100\nprice = { input = '1', output = '2' }\noffers = [{ provider = 'p', model = 'x' }]\n";

fn errors(text: &str) -> Vec<CatalogError> {
    Catalog::parse(text).expect_err(text)
}

fn paths(text: &str) -> Vec<String> {
    errors(text).into_iter().map(|error| error.path).collect()
}

fn decimal(text: &str) -> Decimal {
    Decimal::from_str_exact(text).unwrap()
}

#[test]
fn the_shipped_catalogue_is_valid_and_has_the_promised_prices() {
    let catalog = Catalog::parse(DEFAULT_CATALOG).unwrap();
    assert!(catalog.models().len() >= 14);
    for (name, input, output) in [
        ("gpt-4.1", "2", "8"),
        ("claude-sonnet-4.5", "3", "15"),
        ("gemini-2.5-flash", "0.30", "2.50"),
        ("deepseek-v3.2", "0.28", "0.42"),
    ] {
        let price = &catalog.resolve(name).unwrap().price;
        assert_eq!((price.input, price.output), (decimal(input), Some(decimal(output))), "{name}");
    }
    assert_eq!(catalog.resolve("text-embedding-3-small").unwrap().mode, Mode::Embedding);
    let market = catalog.market().unwrap();
    assert_eq!((market.connection_minute, market.topic_minute), (decimal("0.0002"), decimal("0.0001")));
}

#[test]
fn the_price_of_market_data_survives_its_canonical_form_and_may_be_absent() {
    let without = file(GOOD);
    assert_eq!(Catalog::parse(&without).unwrap().market(), None);
    let with = format!("market = {{ connection_minute = '0.1', topic_minute = '0' }}\n{without}");
    let catalog = Catalog::parse(&with).unwrap();
    assert_eq!(Catalog::from_json(&catalog.to_json()).unwrap().market(), catalog.market());
    assert_eq!(catalog.market().unwrap().connection_minute, decimal("0.1"));
    assert_eq!(paths(&with.replace("topic_minute", "topic_hour")), ["market.topic_minute", "market.topic_hour"]);
    assert_eq!(paths(&without.replace("'m'", "'market'")), ["models[0].id"]);
}

#[test]
fn every_promised_alias_resolves_within_its_vendor() {
    let catalog = Catalog::parse(DEFAULT_CATALOG).unwrap();
    let promised = [
        (
            "openai",
            "gpt4 gpt-4 gpt-4-turbo gpt-3.5 gpt-3.5-turbo gpt-4o gpt-4o-mini gpt-4.1-mini gpt-4.1-nano gpt-4.1-2025-04-14",
        ),
        (
            "anthropic",
            "claude-3-sonnet claude-3-5-sonnet claude-sonnet claude-3-haiku claude-haiku claude-3-opus claude-opus claude-sonnet-4-5-20250929",
        ),
        ("google", "gemini gemini-2.5-pro"),
        ("deepseek", "deepseek deepseek-v3 deepseek-v3-2 deepseek-chat"),
    ];
    for (provider, names) in promised {
        for name in names.split(' ') {
            let model = catalog.resolve(name).unwrap_or_else(|| panic!("{name}"));
            assert_eq!(model.offers[0].provider, provider, "{name}");
        }
    }
    assert_eq!(catalog.resolve("gpt-4o").unwrap().id, "gpt-4o");
}

#[test]
fn every_error_of_a_file_is_reported_with_its_place() {
    let text = format!(
        "{HEAD}colour = 'red'\n[[models]]\nid = 'a'\nmode = 'talk'\ncontext_tokens = 0\nprice = {{ input = 2.0, output = '-1' }}\noffers = []\n\
         [[models]]\n{}aliases = ['b', 'b']\nsuccessor = 'gone'\n[[models]]\n{}price = {{ input = '1', output = '2', tip = '3' }}\n",
        GOOD.replace("'p'", "'q'"),
        GOOD.replace("'m'", "'b'").replace("price = { input = '1', output = '2' }\n", ""),
    );
    let mut found = paths(&text);
    found.sort();
    assert_eq!(
        found,
        [
            "models[0].context_tokens",
            "models[0].max_output_tokens",
            "models[0].mode",
            "models[0].offers",
            "models[0].price.input",
            "models[0].price.output",
            "models[1].aliases[0]",
            "models[1].aliases[1]",
            "models[1].offers[0].provider",
            "models[2].price.tip",
            "providers[0].colour",
        ]
    );
}

#[test]
fn a_price_is_a_decimal_string_of_at_most_twelve_decimals() {
    for wrong in ["1", "1.5", "'x'", "''", "'1e3'", "'-1'", "'0.0000000000001'", "true"] {
        let text = file(&GOOD.replace("input = '1'", &format!("input = {wrong}")));
        assert_eq!(paths(&text), ["models[0].price.input"], "{wrong}");
    }
    let finest = Catalog::parse(&file(&GOOD.replace("input = '1'", "input = '0.000000000001'"))).unwrap();
    assert_eq!(finest.models()[0].price.input, decimal("0.000000000001"));
}

#[test]
fn a_model_without_a_price_or_an_offer_is_refused() {
    let unpriced = file(&GOOD.replace("price = { input = '1', output = '2' }\n", ""));
    assert_eq!(paths(&unpriced), ["models[0].price"]);
    let no_output = file(&GOOD.replace(", output = '2'", ""));
    assert_eq!(paths(&no_output), ["models[0].price.output"]);
    let unserved = file(&GOOD.replace("offers = [{ provider = 'p', model = 'x' }]\n", ""));
    assert_eq!(paths(&unserved), ["models[0].offers"]);
    assert_eq!(paths(HEAD), ["models"]);
}

#[test]
fn an_alias_takes_no_models_name_wherever_it_stands_and_auto_is_reserved() {
    let second = GOOD.replace("'m'", "'n'");
    let clash = format!("{}aliases = ['n']\n[[models]]\n{second}", file(GOOD));
    assert_eq!(paths(&clash), ["models[0].aliases[0]"]);
    assert_eq!(paths(&format!("{}aliases = ['auto']\n", file(GOOD))), ["models[0].aliases[0]"]);
}

#[test]
fn a_stored_version_reads_back_the_same_and_holds_no_key() {
    let text = format!("{HEAD}api_key = 'sk-secret'\n[[models]]\n{GOOD}");
    let catalog = Catalog::parse(&text).unwrap();
    assert_eq!(catalog.provider("p").unwrap().api_key.as_deref(), Some("sk-secret"));
    assert!(!format!("{catalog:?}").contains("sk-secret"));
    let stored = catalog.to_json();
    assert!(!stored.contains("sk-secret"));
    let back = Catalog::from_json(&stored).unwrap();
    assert_eq!(back.models(), catalog.models());
    assert_eq!(back.to_json(), stored);
    let keyed = back.with_api_keys(&|provider| (provider.id == "p").then(|| "sk-secret".to_owned()));
    assert_eq!(keyed.providers(), catalog.providers());

    let shipped = Catalog::parse(DEFAULT_CATALOG).unwrap();
    assert_eq!(Catalog::from_json(&shipped.to_json()).unwrap().models(), shipped.models());
}

#[test]
fn a_file_that_is_neither_toml_nor_json_says_so() {
    assert_eq!(paths("= what"), ["file"]);
    assert_eq!(paths("{ what"), ["file"]);
}
