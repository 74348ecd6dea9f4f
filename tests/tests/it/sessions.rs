//! Sessions of browsers: how they begin, go on, and end.

use acceptance::actor::PASSWORD;
use acceptance::{Actor, Answer, Scene};
use reqwest::Method;
use serde_json::json;
use std::time::{Duration, Instant};

#[tokio::test]
async fn an_unknown_address_and_a_wrong_password_are_answered_alike() {
    let scene = Scene::open().await;
    let unknown = Actor::stranger(&scene.gateway.url);
    let known = Actor::stranger(&scene.gateway.url).with_email(&scene.owner.email);
    let mut fastest = [Duration::MAX; 2];
    let mut answers: [Option<Answer>; 2] = [None, None];
    for _ in 0..3 {
        for (place, actor) in [&unknown, &known].into_iter().enumerate() {
            let started = Instant::now();
            answers[place] = Some(actor.log_in("not the password").await);
            fastest[place] = fastest[place].min(started.elapsed());
        }
    }
    let [unknown, known] = answers.map(Option::unwrap);
    assert_eq!(unknown.expect(401)["code"], "invalid_credentials");
    assert_eq!((unknown.status, &unknown.body), (known.status, &known.body));
    // Hashing a password takes tens of milliseconds; not hashing takes none.
    assert!(fastest[0] * 3 > fastest[1] && fastest[1] * 3 > fastest[0], "{fastest:?}");
}

#[tokio::test]
async fn guessing_a_password_is_slowed_down_and_the_others_log_in_on() {
    let scene = Scene::open().await;
    let guesser = Actor::stranger(&scene.gateway.url).with_email(&scene.owner.email);
    let mut throttled = None;
    for _ in 0..12 {
        let answer = guesser.log_in("a guess").await;
        if answer.status == 429 {
            throttled = Some(answer);
            break;
        }
        answer.expect(401);
    }
    let throttled = throttled.expect("after a dozen guesses");
    assert_eq!(throttled.expect(429)["code"], "too_many_attempts");
    assert!(throttled.header("retry-after").parse::<u32>().unwrap() > 0);
    assert_eq!(guesser.log_in(PASSWORD).await.status, 429, "even the right one waits");
    scene.owner.get("/api/me").await.expect(200);
    scene.gateway.sign_up().await.log_in_elsewhere().await.get("/api/me").await.expect(200);
}

#[tokio::test]
async fn a_changed_password_ends_the_other_sessions_and_keeps_this_one() {
    let scene = Scene::open().await;
    let elsewhere = scene.owner.log_in_elsewhere().await;
    elsewhere.get("/api/me").await.expect(200);
    let change = json!({ "current_password": PASSWORD, "new_password": "another horse, another staple" });
    scene.owner.post("/api/password", change.clone()).await.expect(204);
    let problem = elsewhere.get("/api/me").await.expect(401);
    assert_eq!(problem["code"], "session_revoked");
    assert!(problem["detail"].as_str().unwrap().contains("password"), "every 401 says why: {problem}");
    assert_ne!(elsewhere.post("/api/session/refresh", json!({})).await.status, 204, "nor can it be refreshed");
    scene.owner.get("/api/me").await.expect(200);
    assert_eq!(elsewhere.log_in(PASSWORD).await.status, 401);
    elsewhere.log_in("another horse, another staple").await.expect(200);
    scene.client.ask("tiny-chat").await.expect(200);
}

#[tokio::test]
async fn a_session_is_refreshed_and_logging_out_ends_it() {
    let scene = Scene::open().await;
    let owner = &scene.owner;
    let before = owner.cookie("turnpike_refresh").unwrap();
    owner.post("/api/session/refresh", json!({})).await.expect(204);
    assert_ne!(owner.cookie("turnpike_refresh").unwrap(), before, "the refresh token rotates");
    owner.get("/api/me").await.expect(200);
    let kept = Actor::stranger(&scene.gateway.url).with_email(&owner.email);
    for name in owner.cookie_names() {
        kept.set_cookie(&name, &owner.cookie(&name).unwrap());
    }
    owner.post("/api/logout", json!({})).await.expect(204);
    assert_eq!(owner.cookie("turnpike_access"), None);
    assert_eq!(owner.get("/api/me").await.expect(401)["code"], "no_session");
    assert_eq!(
        kept.get("/api/me").await.expect(401)["code"],
        "session_revoked",
        "a copy of the cookies is worth nothing"
    );
}

#[tokio::test]
async fn a_request_that_no_page_of_ours_has_written_changes_nothing() {
    let scene = Scene::open().await;
    let owner = &scene.owner;
    let key = owner.get("/api/keys").await.expect(200)["items"][0]["id"].as_str().unwrap().to_owned();
    let key = format!("/api/keys/{key}");
    let neighbour = scene.gateway.sign_up().await;
    let foreign = neighbour.cookie("turnpike_csrf");
    let attempts = [
        (Method::POST, "/api/keys", json!({ "name": "forged", "environment": "live" })),
        (Method::PATCH, key.as_str(), json!({ "name": "forged" })),
        (Method::DELETE, key.as_str(), json!({})),
        (
            Method::POST,
            "/api/password",
            json!({ "current_password": PASSWORD, "new_password": "forged, forged, forged" }),
        ),
        (Method::POST, "/api/logout", json!({})),
        (Method::POST, "/api/session/refresh", json!({})),
    ];
    for (method, path, body) in attempts {
        for token in [None, foreign.as_deref(), Some("")] {
            let answer = owner.forge(method.clone(), path, Some(body.clone()), token).await;
            assert_eq!(answer.expect(403)["code"], "wrong_csrf_token", "{method} {path} {token:?}");
        }
    }
    assert_eq!(owner.get("/api/keys").await.expect(200)["items"][0]["name"], "from a test");
    scene.client.ask("tiny-chat").await.expect(200);
}

#[tokio::test]
async fn without_a_session_every_401_says_why() {
    let scene = Scene::open().await;
    let stranger = Actor::stranger(&scene.gateway.url);
    let answer = stranger.get("/api/balance").await;
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let problem = answer.expect(401);
    assert_eq!((&problem["code"], &problem["detail"]), (&json!("no_session"), &json!("you are not logged in")));
    stranger.set_cookie("turnpike_access", "ey.made.up");
    assert_eq!(stranger.get("/api/balance").await.expect(401)["code"], "no_session");
}
