//! The official `openai` package, with base URL and key changed and nothing else.

use crate::reconcile::assert_reconciled;
use acceptance::{GatewayOptions, Scene, Simulator};
use std::path::{Path, PathBuf};
use std::process::Command;

/// An interpreter with what `sdk/requirements.txt` names.
fn python() -> PathBuf {
    std::env::var("TURNPIKE_TEST_PYTHON").expect("TURNPIKE_TEST_PYTHON is not set: run cargo xtask test").into()
}

/// The Node that xtask found.
pub(crate) fn node() -> PathBuf {
    std::env::var("TURNPIKE_TEST_NODE").unwrap_or_else(|_| "node".into()).into()
}

async fn run(script: &str, arguments: Vec<String>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("sdk").join(script);
    let mut command = Command::new(python());
    command.arg(path).args(arguments).env_remove("OPENAI_API_KEY").env_remove("OPENAI_BASE_URL").env("NO_PROXY", "*");
    passes(command).await;
}

/// Runs a client of its own to its end.
pub(crate) async fn passes(mut command: Command) {
    command.env("NO_PROXY", "*");
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.lines().count() > 5, "it has tried something: {said}");
}

#[tokio::test]
async fn ccxt_keeps_a_book_of_the_simulated_exchange() {
    let exchange = acceptance::exchange::Exchange::start().await;
    let mut node = Command::new(node());
    node.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("sdk/sim_ccxt.mjs")).args([&exchange.url, "4"]);
    passes(node).await;
}

#[tokio::test]
async fn the_official_package_takes_the_simulator_for_its_provider() {
    let simulator = Simulator::start().await;
    run("sim_openai.py", vec![simulator.url.clone()]).await;
}

#[tokio::test]
async fn the_official_package_takes_turnpike_for_its_provider() {
    // What the script asks for costs some cents; 0.78 USD must be too much.
    let scene = Scene::open_with(GatewayOptions::default().with("sign_up_credit", "0.50")).await;
    let (id, revoked) = scene.owner.create_key().await;
    scene.owner.delete(&format!("/api/keys/{id}")).await.expect(204);
    let arguments = vec![scene.gateway.url.clone(), scene.client.key().to_owned(), revoked];
    run("gateway_openai.py", arguments.clone()).await;
    run("gateway_openai.py", arguments).await;
    assert_reconciled(&scene.stage, &scene.tenant_id).await;
}
