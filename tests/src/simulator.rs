//! The simulated provider of a test's own, and its record of what it served.

use crate::answer::Answer;
use crate::client::http;
use crate::folder::Folder;
use crate::program::{Program, built};
use serde_json::{Value, json};
use std::process::Command;

#[derive(Debug)]
pub struct Simulator {
    /// Without `/v1`.
    pub url: String,
    http: reqwest::Client,
    // Dropped before the folder that it writes to.
    _program: Program,
    _folder: Folder,
}

impl Simulator {
    pub async fn start() -> Self {
        let folder = Folder::create();
        let mut command = Command::new(built("upstream-sim"));
        command.args(["--listen", "127.0.0.1:0", "--workers", "1"]);
        let mut program = Program::start("upstream-sim", &mut command, folder.path());
        let url = program.announced("upstream-sim listening on ").await;
        Self { url, http: http(), _program: program, _folder: folder }
    }

    /// Every request to `/v1` that has ended, with `client_request_id`: the gateway's own id of it.
    pub async fn served(&self) -> Vec<Value> {
        let mut answer = self.get("/sim/served").await;
        let Value::Array(served) = answer["served"].take() else { panic!("no record of what was served: {answer}") };
        served
    }

    /// What was served under an upstream's name of a model.
    pub async fn served_as(&self, model: &str) -> Vec<Value> {
        self.served().await.into_iter().filter(|record| record["model"] == model).collect()
    }

    pub async fn stats(&self) -> Value {
        self.get("/sim/stats").await
    }

    /// From now on, until [`Simulator::heal`].
    pub async fn break_model(&self, model: &str, fault: &str) {
        let order = json!({ "model": model, "fault": fault, "times": null });
        let url = format!("{}/sim/faults", self.url);
        let answer = self.http.post(url).header("content-type", "application/json").body(order.to_string()).send();
        let answer = answer.await.expect("the simulator answers");
        assert!(answer.status().is_success(), "fault {fault} of {model} is set: {}", answer.status());
    }

    pub async fn heal(&self) {
        self.http.delete(format!("{}/sim/faults", self.url)).send().await.expect("the simulator answers");
    }

    async fn get(&self, path: &str) -> Value {
        let sent = self.http.get(format!("{}{path}", self.url)).send().await.expect("the simulator answers");
        Answer::read(sent).await.json()
    }
}
