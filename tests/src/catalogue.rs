//! The catalogue of the tests: sound models, and one model for each way in which a provider goes wrong.

use std::fmt::Write;

/// Name of the environment variable with the providers' credential.
pub const CREDENTIAL: &str = "ACCEPTANCE_PROVIDER_KEY";

/// USD per million tokens of every chat model here.
pub const INPUT_PRICE: &str = "1.00";
pub const CACHED_INPUT_PRICE: &str = "0.25";
pub const OUTPUT_PRICE: &str = "4.00";

/// USD for a clock minute.
pub const CONNECTION_MINUTE_PRICE: &str = "0.0002";
pub const TOPIC_MINUTE_PRICE: &str = "0.0001";

/// Each is sold twice: as `alone-FAULT`, and as `pair-FAULT`, where a second provider stands ready and sound.
pub const FAULTS: [&str; 25] = [
    "error-400",
    "error-401",
    "error-402",
    "error-403",
    "error-404",
    "error-429",
    "error-500",
    "error-503",
    "quota",
    "cut-0",
    "cut-5",
    "error-mid-0",
    "error-mid-5",
    "drop-done",
    "no-usage",
    "usage-in-last-choice",
    "byte-split",
    "one-write",
    "garbage",
    "hang",
    "reset",
    "slow-chunk-20",
    "slow-chunk-100",
    "slow-first-300",
    "slow-first-1500",
];

/// As the file that a gateway reads. Providers `main` and `spare` are the simulator, `nowhere` has no credential.
pub fn toml(simulator_url: &str) -> String {
    let mut file = format!(
        "[market]\nconnection_minute = \"{CONNECTION_MINUTE_PRICE}\"\ntopic_minute = \"{TOPIC_MINUTE_PRICE}\"\n\n"
    );
    for (id, credential) in [("main", CREDENTIAL), ("spare", CREDENTIAL), ("nowhere", "ACCEPTANCE_UNSET")] {
        write!(
            file,
            "[[providers]]\nid = \"{id}\"\nkind = \"openai-compatible\"\nbase_url = \"{simulator_url}/v1\"\napi_key_env = \"{credential}\"\n\n"
        )
        .expect("text can be written to");
    }
    chat(&mut file, "tiny-chat", &["tiny"], &[("main", "tiny-chat-upstream")]);
    chat(&mut file, "other-chat", &[], &[("spare", "other-chat-upstream")]);
    chat(&mut file, "unserved-chat", &[], &[("nowhere", "unserved")]);
    for fault in FAULTS {
        let broken = format!("sim-{fault}");
        chat(&mut file, &format!("alone-{fault}"), &[], &[("main", &broken)]);
        chat(&mut file, &format!("pair-{fault}"), &[], &[("main", &broken), ("spare", "sound")]);
    }
    file.push_str(
        "[[models]]\nid = \"tiny-embedding\"\nmode = \"embedding\"\ncontext_tokens = 8192\nprice = { input = \"0.10\" }\n\
         offers = [{ provider = \"main\", model = \"tiny-embedding-upstream\" }]\n",
    );
    file
}

/// Only a provider that hangs is given up soon.
fn chat(file: &mut String, id: &str, aliases: &[&str], offers: &[(&str, &str)]) {
    let timeout_s = if id.ends_with("hang") { 1 } else { 30 };
    let offers: Vec<String> = offers
        .iter()
        .map(|(provider, model)| format!("{{ provider = \"{provider}\", model = \"{model}\" }}"))
        .collect();
    write!(
        file,
        "[[models]]\nid = \"{id}\"\naliases = {aliases:?}\nmode = \"chat\"\ncontext_tokens = 128000\nmax_output_tokens = 65536\ntimeout_s = {timeout_s}\n\
         price = {{ input = \"{INPUT_PRICE}\", cached_input = \"{CACHED_INPUT_PRICE}\", output = \"{OUTPUT_PRICE}\" }}\noffers = [{}]\n\n",
        offers.join(", ")
    )
    .expect("text can be written to");
}
