//! What each role sees and may do, route by route.

use acceptance::Scene;
use reqwest::Method;
use serde_json::{Value, json};
use std::str::FromStr;

/// Routes that ask for no role: they make, prove or end a session.
const WITHOUT_ROLE: [&str; 5] = ["/api/signup", "/api/login", "/api/session/refresh", "/api/logout", "/api/password"];

/// Method and path of everything that the console's API has.
pub(crate) async fn routes(scene: &Scene) -> Vec<(Method, String)> {
    let document = scene.stage.turnpike(&["openapi", "console"]).await;
    let document: Value = serde_json::from_slice(&document.stdout).unwrap();
    let paths = document["paths"].as_object().unwrap().iter();
    paths
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().unwrap().keys();
            methods.map(|method| (Method::from_str(&method.to_uppercase()).unwrap(), path.clone()))
        })
        .collect()
}

/// What the table in `tenancy::role` keeps from a role, said once more by hand.
fn is_forbidden(role: &str, method: &Method, path: &str) -> bool {
    // A ticket spends the balance, as a key does.
    let keys = path.starts_with("/api/keys") || path == "/api/market/tickets";
    match role {
        "owner" | "admin" => false,
        "developer" => path.starts_with("/api/invoices"),
        "billing" => keys,
        "viewer" => keys && method != Method::GET,
        other => panic!("no such role: {other}"),
    }
}

#[tokio::test]
async fn each_role_may_do_what_the_table_says_and_nothing_else() {
    let scene = Scene::open().await;
    let routes = routes(&scene).await;
    assert!(routes.len() >= 16, "{routes:?}");
    for role in ["owner", "admin", "developer", "billing", "viewer"] {
        let member = scene.colleague(role).await;
        let me = member.get("/api/me").await.expect(200);
        assert_eq!(me["role"], role);
        assert_eq!(
            me["actions"].as_array().unwrap().contains(&json!("keys.write")),
            !is_forbidden(role, &Method::POST, "/api/keys")
        );
        for (method, path) in routes.iter().filter(|(_, path)| !WITHOUT_ROLE.contains(&path.as_str())) {
            // Nobody's id: who may ask is told that there is no such thing.
            let path = path.replace("{id}", "00000000-0000-7000-8000-000000000000");
            let body = (*method != Method::GET).then(|| json!({ "name": "by a member", "environment": "test" }));
            let answer = member.call(method.clone(), &path, body).await;
            let forbidden = answer.status == 403;
            assert_eq!(forbidden, is_forbidden(role, method, &path), "{role} {method} {path}: {}", answer.text());
            match forbidden {
                true => assert_eq!(answer.json()["code"], "forbidden"),
                false => assert!([200, 201, 204, 404].contains(&answer.status), "{method} {path}: {}", answer.text()),
            }
        }
    }
}
