//! What market data costs, and who may have it.

use crate::market::{Market, socket};
use crate::reconcile::assert_reconciled;
use acceptance::catalogue::{CONNECTION_MINUTE_PRICE, TOPIC_MINUTE_PRICE};
use acceptance::{Exchange, Socket, UsageRow};
use rust_decimal::Decimal;
use serde_json::json;
use std::str::FromStr;
use std::time::{Duration, Instant};

fn price(topics: i64) -> Decimal {
    let price = |text| Decimal::from_str(text).unwrap();
    price(CONNECTION_MINUTE_PRICE) + price(TOPIC_MINUTE_PRICE) * Decimal::from(topics)
}

async fn with_credit(credit: &str) -> Market {
    let exchange = Exchange::start().await;
    let options = exchange.options().with("sign_up_credit", credit);
    Market::open_at(exchange, options).await
}

/// A test may see a minute end: every row is a whole minute of what was held in it.
fn assert_minutes(rows: &[UsageRow], topics: i64) {
    for row in rows {
        assert_eq!(
            (row.endpoint.as_str(), row.model.as_str(), row.reason.as_str()),
            ("market.ws", "market", "completed")
        );
        assert_eq!(
            (row.charge, row.overage, row.cost_usd),
            (price(row.input_tokens), Decimal::ZERO, row.charge),
            "{row:?}"
        );
        assert!(row.streaming && row.output_tokens == 0, "{row:?}");
    }
    assert_eq!(rows.iter().map(|row| row.input_tokens).max(), Some(topics));
}

async fn market_rows(market: &Market) -> Vec<UsageRow> {
    acceptance::eventually(Duration::from_secs(10), "market minutes have their rows", async || {
        let mut rows = market.scene.stage.database.usage().await;
        rows.retain(|row| row.endpoint == "market.ws");
        (!rows.is_empty()).then_some(rows)
    })
    .await
}

#[tokio::test]
async fn a_minute_is_charged_whole_for_its_connection_and_each_topic_once() {
    let market = Market::open().await;
    market.scene.client.ask("tiny-chat").await.expect(200);
    let mut socket = market.socket().await;
    socket.subscribe(&["BTCUSDT", "ETHUSDT"], &["trade", "book_change"]).await;
    socket.say(json!({ "op": "unsubscribe", "id": 2, "exchange": "binance", "symbols": ["BTCUSDT"], "channels": ["trade"] })).await;
    socket.next_of("unsubscribed").await;
    socket.subscribe(&["BTCUSDT"], &["trade"]).await;
    socket.close().await;
    assert_minutes(&market_rows(&market).await, 4);
    assert_reconciled(&market.scene.stage, &market.scene.tenant_id).await;
    let rows = market.scene.stage.database.usage().await;
    let draft = market.scene.owner.get("/api/invoices/draft").await.expect(200);
    let lines = draft["lines"].as_array().unwrap();
    let line = lines.iter().find(|line| line["model"] == "market").expect("market data stands on the invoice");
    let exact: Decimal = rows.iter().filter(|row| row.model == "market").map(|row| row.charge).sum();
    assert_eq!(line["exact"], exact.normalize().to_string());
    let total: Decimal = rows.iter().map(|row| row.charge).sum();
    assert_eq!(draft["exact_total"], total.normalize().to_string());
}

#[tokio::test]
async fn without_balance_no_minute_begins() {
    let market = with_credit("0.0001").await;
    let (last, code) = market.socket().await.end().await;
    assert_eq!((&last["type"], &last["code"], code), (&json!("error"), &json!("insufficient_quota"), 4402));
    assert_eq!(market.scene.stage.database.usage().await, [], "what was refused costs nothing");
    assert_eq!(market.exchange.stats().await["connections_opened"], 0);
}

#[tokio::test]
async fn a_topic_that_the_balance_does_not_cover_is_not_acknowledged() {
    let market = with_credit("0.0004").await;
    let mut socket = market.socket().await;
    socket.subscribe(&["BTCUSDT"], &["trade"]).await;
    socket.ask_for(&["BTCUSDT", "ETHUSDT"], &["book_change"]).await;
    let (last, code) = socket.end().await;
    assert_eq!((&last["code"], &last["id"], code), (&json!("insufficient_quota"), &json!(1), 4402));
    assert_minutes(&market_rows(&market).await, 1);
}

#[tokio::test]
async fn many_subscribes_at_once_never_overdraw() {
    // For exactly three connections with a topic each.
    let market = with_credit("0.0009").await;
    let one = async || {
        let mut socket = market.socket().await;
        socket.ask_for(&["BTCUSDT"], &["trade"]).await;
        loop {
            match socket.next().await {
                acceptance::socket::Said::Message(message) if message["type"] == "trade" => return (Some(socket), 0),
                acceptance::socket::Said::Message(_) => {}
                acceptance::socket::Said::Closed(code, _) => return (None, code),
            }
        }
    };
    let all = futures_util::future::join_all((0..5).map(|_| one())).await;
    let served = all.iter().filter(|(socket, _)| socket.is_some()).count();
    assert!((1..=3).contains(&served), "{served}");
    assert!(all.iter().all(|(socket, code)| socket.is_some() || *code == 4402));
    drop(all);
    let balance = acceptance::eventually(Duration::from_secs(10), "every minute is settled", async || {
        let verified = market.scene.stage.turnpike(&["verify", "ledger"]).await;
        let rows = market.scene.stage.database.usage().await;
        (verified.status.success()
            && rows.len() >= served
            && String::from_utf8_lossy(&verified.stdout).contains(" 0 holds"))
        .then_some(market.scene.stage.database.balance(&market.scene.tenant_id).await)
    })
    .await;
    assert!(balance >= Decimal::ZERO, "{balance}");
}

#[tokio::test]
async fn a_test_key_sees_the_market_for_nothing() {
    let market = Market::open().await;
    let key = market.scene.owner.create_key_for("test").await.1;
    let mut socket = socket(&market.scene.gateway, &key).await;
    socket.subscribe(&["BTCUSDT"], &["trade"]).await;
    socket.next_of("trade").await;
    socket.close().await;
    for row in market_rows(&market).await {
        assert_eq!((row.environment.as_str(), row.charge, row.cost_usd), ("test", Decimal::ZERO, Decimal::ZERO));
    }
    assert_eq!(market.scene.owner.get("/api/invoices/draft").await.expect(200)["lines"], json!([]));
}

#[tokio::test]
async fn a_suspended_organisation_loses_its_sockets_within_a_second_and_its_neighbour_none() {
    let market = Market::open().await;
    let neighbour = market.scene.gateway.sign_up().await.create_key().await.1;
    let mut sockets = [market.socket().await, socket(&market.scene.gateway, &neighbour).await];
    for socket in &mut sockets {
        socket.subscribe(&["BTCUSDT"], &["trade"]).await;
    }
    market.scene.stage.database.revise_tenant(&market.scene.tenant_id, "status = 'suspended'").await;
    let suspended_at = Instant::now();
    let [ours, theirs] = &mut sockets;
    let (last, code) = ours.end().await;
    assert_eq!((&last["code"], code), (&json!("organization_suspended"), 4403));
    assert!(suspended_at.elapsed() < Duration::from_secs(1), "{:?}", suspended_at.elapsed());
    theirs.next_of("trade").await;
    assert_eq!(market.socket().await.end().await.1, 4403, "and no other opens");
}

#[tokio::test]
async fn a_revoked_key_loses_its_sockets_within_a_second_and_another_key_none() {
    let market = Market::open().await;
    let (key_id, key) = market.scene.owner.create_key().await;
    let mut revoked = socket(&market.scene.gateway, &key).await;
    let mut other = market.socket().await;
    for socket in [&mut revoked, &mut other] {
        socket.subscribe(&["BTCUSDT"], &["trade"]).await;
    }
    market.scene.owner.delete(&format!("/api/keys/{key_id}")).await.expect(204);
    let revoked_at = Instant::now();
    assert_eq!(revoked.end().await.1, 4401);
    assert!(revoked_at.elapsed() < Duration::from_secs(1), "{:?}", revoked_at.elapsed());
    for _ in 0..20 {
        other.next_of("trade").await;
    }
}

#[tokio::test]
async fn a_plan_bounds_connections_and_topics() {
    let market = Market::open().await;
    sqlx::query("update plans set market_connections = 2, market_topics = 3")
        .execute(&market.scene.stage.database.superuser)
        .await
        .unwrap();
    let mut first = market.socket().await;
    first.subscribe(&["BTCUSDT", "ETHUSDT", "SOLUSDT"], &["trade"]).await;
    first.ask_for(&["BTCUSDT"], &["trade", "book_change"]).await;
    assert_eq!(first.next_of("error").await["code"], "topic_limit_exceeded");
    let second = market.socket().await;
    let (last, code) = market.socket().await.end().await;
    assert_eq!((&last["code"], code), (&json!("connection_limit_exceeded"), 4429));
    drop(second);
    acceptance::eventually(Duration::from_secs(5), "a place that was left is free", async || {
        let mut third: Socket = market.socket().await;
        let opened = third.next().await;
        matches!(opened, acceptance::socket::Said::Message(message) if message["type"] == "heartbeat").then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_killed_gateways_minute_is_free_and_leaves_no_hold() {
    let mut market = Market::open().await;
    market.scene.client.ask("tiny-chat").await.expect(200);
    let mut socket = market.socket().await;
    socket.subscribe(&["BTCUSDT"], &["trade"]).await;
    market.scene.gateway.kill9();
    let again = market.scene.stage.gateway_with(market.exchange.options()).await;
    again.client(market.scene.client.key()).ask("tiny-chat").await.expect(200);
    let rows = market_rows(&market).await;
    assert_eq!((rows.len(), rows[0].reason.as_str(), rows[0].charge), (1, "crash", Decimal::ZERO));
    assert_reconciled(&market.scene.stage, &market.scene.tenant_id).await;
}
