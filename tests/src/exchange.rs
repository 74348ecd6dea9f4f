//! The simulated exchange of a test's own: its faults, its counts, and the truth about its books.

use crate::answer::Answer;
use crate::client::http;
use crate::folder::Folder;
use crate::gateway::GatewayOptions;
use crate::program::{Program, built};
use serde_json::{Value, json};
use std::process::Command;

#[derive(Debug)]
pub struct Exchange {
    pub url: String,
    http: reqwest::Client,
    // Dropped before the folder that it writes to.
    _program: Program,
    _folder: Folder,
}

impl Exchange {
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// `arguments` as `upstream-sim` takes them.
    pub async fn start_with(arguments: &[&str]) -> Self {
        let folder = Folder::create();
        let mut command = Command::new(built("upstream-sim"));
        command.args(["--listen", "127.0.0.1:0", "--exchange-listen", "127.0.0.1:0", "--workers", "1"]).args(arguments);
        let mut program = Program::start("upstream-sim-exchange", &mut command, folder.path());
        let url = program.announced("upstream-sim exchange listening on ").await;
        Self { url, http: http(), _program: program, _folder: folder }
    }

    /// What makes a gateway listen to this exchange.
    pub fn options(&self) -> GatewayOptions {
        GatewayOptions::default()
            .with("market_binance_socket_url", self.socket_url())
            .with("market_binance_rest_url", self.url.clone())
    }

    pub fn socket_url(&self) -> String {
        self.url.replacen("http", "ws", 1) + "/stream"
    }

    /// Once.
    pub async fn break_symbol(&self, symbol: &str, fault: &str) {
        let order = json!({ "symbol": symbol, "fault": fault, "times": 1 }).to_string();
        let url = format!("{}/sim/binance/faults", self.url);
        let sent = self.http.post(url).header("content-type", "application/json").body(order).send().await;
        Answer::read(sent.expect("the exchange answers")).await.expect(204);
    }

    pub async fn stats(&self) -> Value {
        self.get("/sim/binance/stats").await.expect(200)
    }

    /// Levels as `(price, amount)`, bids then asks, best first, right after this change.
    pub async fn book(&self, symbol: &str, update_id: u64) -> [Vec<(String, String)>; 2] {
        let book = self.get(&format!("/sim/binance/book?symbol={symbol}&update_id={update_id}")).await.expect(200);
        let level = |level: &Value| (text(&level[0]), text(&level[1]));
        ["bids", "asks"].map(|side| book[side].as_array().expect("a side is a list").iter().map(level).collect())
    }

    async fn get(&self, path: &str) -> Answer {
        let sent = self.http.get(format!("{}{path}", self.url)).send().await;
        Answer::read(sent.expect("the exchange answers")).await
    }
}

fn text(value: &Value) -> String {
    value.as_str().expect("prices and amounts are text").to_owned()
}
