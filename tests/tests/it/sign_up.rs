//! Signing up: in at once, with credit once.

use acceptance::ledger::decimal;
use acceptance::{Actor, GatewayOptions, Scene, actor::PASSWORD};
use rust_decimal::Decimal;
use serde_json::json;

async fn granted(actor: &Actor) -> Decimal {
    decimal(&actor.get("/api/balance").await.expect(200)["granted"]["amount"])
}

#[tokio::test]
async fn credit_is_given_once_to_an_address_however_it_is_spelt() {
    let scene = Scene::open().await;
    let spellings = ["ada.lovelace@gmail.com", "AdaLovelace+again@googlemail.com"];
    let mut grants = Vec::new();
    for email in spellings {
        let actor = Actor::stranger(&scene.gateway.url).with_email(email);
        actor.post("/api/signup", actor.sign_up_form()).await.expect(201);
        grants.push(granted(&actor).await);
    }
    assert_eq!(grants, [Decimal::from(5), Decimal::ZERO]);
    let poor = Actor::stranger(&scene.gateway.url).with_email(spellings[1]);
    poor.log_in(PASSWORD).await.expect(200);
    let error = poor.client().await.ask("tiny-chat").await.error(402);
    assert_eq!(error["code"], "insufficient_quota", "the account itself works");
}

#[tokio::test]
async fn one_network_gets_no_more_credit_in_a_day_than_the_setting_says() {
    let scene = Scene::open_with(GatewayOptions::default().with("sign_up_grants_per_network", "2")).await;
    assert_eq!(granted(&scene.owner).await, Decimal::from(5));
    assert_eq!(granted(&scene.gateway.sign_up().await).await, Decimal::from(5));
    assert_eq!(granted(&scene.gateway.sign_up().await).await, Decimal::ZERO);
}

#[tokio::test]
async fn what_is_wrong_in_the_form_is_named_field_by_field() {
    let scene = Scene::open().await;
    let stranger = Actor::stranger(&scene.gateway.url);
    let answer =
        stranger.post("/api/signup", json!({ "email": "nobody", "password": "short", "organisation": "" })).await;
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let problem = answer.expect(422);
    let fields: Vec<&str> =
        problem["errors"].as_array().unwrap().iter().map(|e| e["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["email", "password", "organisation"]);
    let taken = Actor::stranger(&scene.gateway.url).with_email(&scene.owner.email);
    let problem = taken.post("/api/signup", taken.sign_up_form()).await.expect(409);
    assert_eq!(problem["errors"][0]["field"], "email");
}
