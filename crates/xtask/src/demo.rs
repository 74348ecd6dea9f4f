//! An account to try things with: made through the same HTTP as everybody's, kept in `.turnpike/demo.env`.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::http::{self, Reply};
use crate::secrets::{self, Env};
use crate::stack;
use crate::tools::node::Node;

/// Reserved for examples by RFC 2606: nobody's mailbox.
const EMAIL: &str = "demo@example.com";

pub(crate) struct Demo {
    pub(crate) email: String,
    pub(crate) password: String,
    pub(crate) api_key: String,
    /// False when somebody changed the password in the console: then it is theirs to know.
    pub(crate) password_is_known: bool,
}

impl Demo {
    /// Yesterday's account and key if they still work, else new ones; written to `file` as a shell reads them.
    pub(crate) fn ensure(file: &Path, address: SocketAddr) -> Result<Self> {
        let env = secrets::read_env(file);
        let stored = |name: &str| env.get(name).cloned();
        let email = stored("DEMO_EMAIL").unwrap_or_else(|| EMAIL.to_owned());
        let password = match stored("DEMO_PASSWORD") {
            Some(password) => password,
            None => secrets::random_hex(12)?,
        };
        if let Some(api_key) = stored("OPENAI_API_KEY").filter(|key| key_works(address, key)) {
            let session = Session::login(address, &email, &password)?;
            let demo = Self { email, password, api_key, password_is_known: session.is_some() };
            demo.save(file, address)?; // the port may have changed
            return Ok(demo);
        }
        let session = match Session::login(address, &email, &password)? {
            Some(session) => session,
            None => Session::signup(address, &email, &password)?,
        };
        let api_key = session.create_key(address)?;
        let demo = Self { email, password, api_key, password_is_known: true };
        demo.save(file, address)?;
        Ok(demo)
    }

    fn save(&self, file: &Path, address: SocketAddr) -> Result<()> {
        let env: Env = [
            ("DEMO_EMAIL", self.email.clone()),
            ("DEMO_PASSWORD", self.password.clone()),
            ("OPENAI_BASE_URL", format!("http://{address}/v1")),
            ("OPENAI_API_KEY", self.api_key.clone()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        secrets::write_env(
            file,
            "the demo account of `cargo xtask run`; read it with: set -a; . .turnpike/demo.env",
            &env,
        )
    }
}

fn key_works(address: SocketAddr, key: &str) -> bool {
    let authorization = format!("Bearer {key}");
    http::request(address, "GET", "/v1/models", &[("authorization", &authorization)], "")
        .is_ok_and(|reply| reply.status == 200)
}

/// A browser's session as the console has one: cookies, and the CSRF token that must be sent back.
struct Session {
    cookies: String,
    csrf_token: String,
}

impl Session {
    /// None where e-mail and password do not belong to an account.
    fn login(address: SocketAddr, email: &str, password: &str) -> Result<Option<Self>> {
        let reply = post(address, "/api/login", &[], &json!({ "email": email, "password": password }))?;
        match reply.status {
            200 => Self::from_cookies(&reply).map(Some),
            401 => Ok(None),
            _ => bail!("log the demo account in: {}", described(&reply)),
        }
    }

    fn signup(address: SocketAddr, email: &str, password: &str) -> Result<Self> {
        let body = json!({ "email": email, "password": password, "organisation": "Demo" });
        let reply = post(address, "/api/signup", &[], &body)?;
        if reply.status != 201 {
            bail!("sign the demo account up: {}", described(&reply));
        }
        Self::from_cookies(&reply)
    }

    fn from_cookies(reply: &Reply) -> Result<Self> {
        let cookies = reply.cookies();
        let csrf_token = cookies
            .iter()
            .find_map(|cookie| cookie.strip_prefix("turnpike_csrf="))
            .context("the session came without the cookie turnpike_csrf")?
            .to_owned();
        Ok(Self { cookies: cookies.join("; "), csrf_token })
    }

    fn create_key(&self, address: SocketAddr) -> Result<String> {
        let headers = [("cookie", self.cookies.as_str()), ("x-csrf-token", &self.csrf_token)];
        let reply = post(address, "/api/keys", &headers, &json!({ "name": "demo", "environment": "live" }))?;
        if reply.status != 201 {
            bail!("create the demo key: {}", described(&reply));
        }
        let secret = reply.json()?.get("secret").and_then(Value::as_str).map(str::to_owned);
        secret.context("the reply to POST /api/keys has no secret")
    }
}

fn post(address: SocketAddr, path: &str, headers: &[(&str, &str)], body: &Value) -> Result<Reply> {
    let mut all = vec![("content-type", "application/json")];
    all.extend(headers);
    http::request(address, "POST", path, &all, &body.to_string())
}

fn described(reply: &Reply) -> String {
    format!("{} {}", reply.status, reply.body)
}

/// What to do first, as lines to paste.
pub(crate) fn print(base_url: &str, demo: &Demo, node: &Node) {
    let Demo { email, password, api_key, password_is_known } = demo;
    let password = if *password_is_known { password } else { "(changed in the console)" };
    println!();
    println!("Turnpike is ready (Ctrl-C stops it; logs in .turnpike/logs)");
    println!();
    println!("  console      {base_url}");
    println!("  demo login   {email}   {password}");
    println!("  demo key     {api_key}");
    println!();
    println!("For any OpenAI client:");
    println!();
    println!("export OPENAI_BASE_URL={base_url}/v1");
    println!("export OPENAI_API_KEY={api_key}");
    println!();
    println!("A first request:");
    println!();
    println!(
        "curl {base_url}/v1/chat/completions -H 'authorization: Bearer {api_key}' -H 'content-type: application/json' \
         -d '{{\"model\":\"gpt-4.1\",\"messages\":[{{\"role\":\"user\",\"content\":\"Say hello\"}}]}}'"
    );
    println!();
    println!("Live market data:");
    println!();
    println!("{}", socket_line(base_url, api_key, &node.with_sockets()));
    println!();
    print_providers();
}

/// One line for a shell: subscribes and prints what comes. `node` is a Node with WebSockets.
fn socket_line(base_url: &str, api_key: &str, node: &str) -> String {
    let url = base_url.replacen("http", "ws", 1);
    format!(
        "{node} -e 'const s = new WebSocket(\"{url}/v1/market/ws\", {{ headers: {{ authorization: \"Bearer {api_key}\" }} }}); \
         s.onopen = () => s.send(JSON.stringify({{ op: \"subscribe\", id: 1, exchange: \"binance\", symbols: [\"BTCUSDT\"], channels: [\"trade\", \"book_change\"] }})); \
         s.onmessage = (m) => console.log(m.data); s.onclose = (c) => console.log(\"closed\", c.code, c.reason)'"
    )
}

/// Where market data comes from today.
pub(crate) fn print_exchanges(live: bool) {
    match live {
        true => println!("Live exchanges: Binance spot"),
        false => println!("Simulated exchange: Binance spot\n  for the live feed start this again with --live"),
    }
}

/// Which providers are real today, and what makes the others so.
fn print_providers() {
    let (real, simulated): (Vec<(&str, &str)>, Vec<_>) =
        stack::PROVIDERS.into_iter().partition(|(_, variable)| stack::is_real(variable));
    let names = |providers: &[(&str, &str)]| providers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    if !real.is_empty() {
        println!("Real providers: {}", names(&real));
    }
    if !simulated.is_empty() {
        let variables: Vec<&str> = simulated.iter().map(|(_, variable)| *variable).collect();
        println!("Simulated providers: {}", names(&simulated));
        println!(
            "  for the real ones put their keys into the environment and start this again: {}",
            variables.join(", ")
        );
    }
}
