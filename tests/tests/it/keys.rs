//! Keys: shown once, and every 401 says why.

use acceptance::{Actor, Answer, Scene, client::http, eventually};
use std::time::Duration;

async fn with_header(scene: &Scene, header: Option<(&str, &str)>) -> Answer {
    let mut request = http().get(format!("{}/v1/models", scene.gateway.url));
    if let Some((name, value)) = header {
        request = request.header(name, value);
    }
    Answer::read(request.send().await.unwrap()).await
}

/// The promise is a second. Here two gateways and dozens of other tests share two cores, and a second may pass between two steps of
/// one process; what is tested is that nothing but the change itself is needed.
const AT_ONCE: Duration = Duration::from_secs(5);

#[tokio::test]
async fn every_401_says_why() {
    let scene = Scene::open().await;
    let key = scene.client.key().to_owned();
    let (revoked_id, revoked) = scene.owner.create_key().await;
    scene.owner.delete(&format!("/api/keys/{revoked_id}")).await.expect(204);
    // A key that was made with this server's own rule and that no row knows.
    let (_, forgotten) = scene.owner.create_key().await;
    sqlx::query("delete from directory where id <> $1::uuid and kind = 'api_key'")
        .bind(&revoked_id)
        .execute(&scene.stage.database.superuser)
        .await
        .unwrap();
    let swapped = swap_two_characters(&key);
    let bearer = |key: &str| format!("Bearer {key}");
    let cases = [
        (None, "no API key was given"),
        (Some(("authorization", "Basic abc".to_owned())), "must be `Bearer`"),
        (Some(("authorization", key.clone())), "must be `Bearer`"),
        (Some(("authorization", bearer("sk-proj-abcdefghijklmnopqrstuvwxyz"))), "a key of OpenAI"),
        (Some(("authorization", bearer(&swapped))), "checksum"),
        (Some(("authorization", bearer(&forgotten))), "not known here"),
        (Some(("authorization", bearer(&revoked))), "revoked"),
    ];
    for (header, says) in cases {
        let answer = with_header(&scene, header.as_ref().map(|(name, value)| (*name, value.as_str()))).await;
        let error = answer.error(401);
        let message = error["message"].as_str().unwrap();
        assert!(message.starts_with("Incorrect API key provided"), "{message}");
        assert!(message.contains(says), "{header:?}: {message:?} does not say {says:?}");
        assert_eq!(error["code"], "invalid_api_key");
    }
}

fn swap_two_characters(key: &str) -> String {
    let mut characters: Vec<char> = key.chars().collect();
    let place = (10..40).find(|&place| characters[place] != characters[place + 1]).expect("random characters differ");
    characters.swap(place, place + 1);
    characters.into_iter().collect()
}

#[tokio::test]
async fn white_space_around_a_key_and_anthropics_header_are_forgiven() {
    let scene = Scene::open().await;
    let key = scene.client.key();
    with_header(&scene, Some(("authorization", &format!("Bearer   {key}  ")))).await.expect(200);
    with_header(&scene, Some(("authorization", &format!("bearer {key}")))).await.expect(200);
    with_header(&scene, Some(("x-api-key", key))).await.expect(200);
}

#[tokio::test]
async fn a_key_is_shown_once_and_stored_nowhere() {
    let scene = Scene::open().await;
    let key = scene.client.key();
    let list = scene.owner.get("/api/keys").await;
    let items = list.expect(200);
    assert_eq!(items["items"][0]["last_four"], key[key.len() - 4..]);
    assert!(key.starts_with(items["items"][0]["prefix"].as_str().unwrap()));
    assert!(!list.text().contains(key));
    let rows: Vec<String> =
        sqlx::query_scalar("select k::text from api_keys k union all select d::text from directory d")
            .fetch_all(&scene.stage.database.superuser)
            .await
            .unwrap();
    assert!(rows.len() >= 2 && rows.iter().all(|row| !row.contains(&key[8..])));
    assert!(!scene.gateway.log().contains(&key[8..]), "nor logged");
}

#[tokio::test]
async fn a_key_is_named_and_shows_its_last_use() {
    let scene = Scene::open().await;
    let keys = scene.owner.get("/api/keys").await.expect(200);
    let id = keys["items"][0]["id"].as_str().unwrap().to_owned();
    assert!(keys["items"][0]["last_used_at"].is_null());
    let renamed =
        scene.owner.patch(&format!("/api/keys/{id}"), serde_json::json!({ "name": "search" })).await.expect(200);
    assert_eq!(renamed["name"], "search");
    scene.client.ask("tiny-chat").await.expect(200);
    eventually(Duration::from_secs(5), "the key shows its last use", async || {
        let keys = scene.owner.get("/api/keys").await.expect(200);
        keys["items"][0]["last_used_at"].is_string().then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_revoked_key_is_refused_by_every_gateway_at_once() {
    let scene = Scene::open().await;
    let other = scene.stage.gateway().await;
    let (id, key) = scene.owner.create_key().await;
    let clients = [scene.gateway.client(&key), other.client(&key)];
    for client in &clients {
        client.ask("tiny-chat").await.expect(200);
    }
    scene.owner.delete(&format!("/api/keys/{id}")).await.expect(204);
    for client in &clients {
        eventually(AT_ONCE, "the revoked key is refused", async || {
            let answer = client.ask("tiny-chat").await;
            (answer.status == 401).then(|| assert!(answer.text().contains("revoked"), "{}", answer.text()))
        })
        .await;
    }
    scene.client.ask("tiny-chat").await.expect(200);
}

#[tokio::test]
async fn a_suspended_organisation_is_refused_by_every_gateway_at_once() {
    let scene = Scene::open().await;
    let other = scene.stage.gateway().await;
    let clients = [scene.client.clone(), scene.client.at(&other.url)];
    for client in &clients {
        client.ask("tiny-chat").await.expect(200);
    }
    let neighbour = Actor::sign_up(&other.url).await.client().await;
    scene.stage.database.revise_tenant(&scene.tenant_id, "status = 'suspended'").await;
    for client in &clients {
        eventually(AT_ONCE, "the suspended organisation is refused", async || {
            let answer = client.ask("tiny-chat").await;
            (answer.status == 403).then(|| assert_eq!(answer.error(403)["code"], "organization_suspended"))
        })
        .await;
    }
    neighbour.ask("tiny-chat").await.expect(200);
    scene.stage.database.revise_tenant(&scene.tenant_id, "status = 'active'").await;
    eventually(AT_ONCE, "it is served again", async || {
        (scene.client.ask("tiny-chat").await.status == 200).then_some(())
    })
    .await;
}
