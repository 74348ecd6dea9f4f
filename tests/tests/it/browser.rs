//! A person at a keyboard: the console in a real browser.

use crate::market::Market;
use crate::sdk::{node, passes};
use acceptance::Exchange;
use std::path::Path;
use std::process::Command;

/// Sign-up, key, requests, usage, invoice, playground and the live book; no page shifts its layout or fails an audit of accessibility.
#[tokio::test]
async fn a_person_signs_up_makes_requests_and_reads_the_invoice_in_the_console() {
    let Ok(chromium) = std::env::var("TURNPIKE_TEST_CHROMIUM") else {
        println!("skipped: TURNPIKE_TEST_CHROMIUM names no browser; cargo xtask test installs one");
        return;
    };
    let exchange = Exchange::start().await;
    // The models that a newcomer finds, played by the simulator.
    let options = exchange.options().with("catalog", "").with("simulate_missing_credentials", "true");
    let market = Market::open_at(exchange, options).await;
    let mut journey = Command::new(node());
    journey.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("browser/journey.mjs"));
    journey.arg(&market.scene.gateway.url).env("TURNPIKE_TEST_CHROMIUM", chromium);
    passes(journey).await;
}
