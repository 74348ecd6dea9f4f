//! The tables. Ratios to nginx are what lasts: the times belong to this machine on this day.

use std::time::Duration;

use crate::bench::client::Kind;
use crate::bench::load::Times;
use crate::bench::{Cost, Costs};

/// What nginx and Turnpike add to the simulator's own time, from `[direct, nginx, turnpike]`.
pub(crate) fn latency(plain: &[Times; 3], stream: &[Times; 3]) {
    println!();
    println!("Added latency, one request at a time ({} of each)", plain[0].count());
    println!("{:<28} {:>12} {:>12} {:>12} {:>8}", "", "direct ms", "nginx +ms", "turnpike +ms", "ratio");
    for (name, times) in [("plain reply", plain), ("first content of a stream", stream)] {
        for (label, share) in [("p50", 0.5), ("p99", 0.99)] {
            let [direct, nginx, turnpike] = times.each_ref().map(|times| milliseconds(times.percentile(share)));
            let (nginx, turnpike) = (nginx - direct, turnpike - direct);
            let name = format!("{name}, {label}");
            println!("{name:<28} {direct:>12.3} {nginx:>12.3} {turnpike:>12.3} {:>8}", ratio(turnpike, nginx));
        }
    }
}

/// Processor time per request at saturation.
pub(crate) fn cpu(costs: &[(Kind, Costs)]) {
    println!();
    println!("Processor time per request at saturation, µs");
    println!("{:<28} {:>12} {:>12} {:>8} {:>12}", "", "nginx", "turnpike", "ratio", "requests/s");
    for (kind, costs) in costs {
        let name = if *kind == Kind::Plain { "plain reply" } else { "stream of 20 chunks" };
        let nginx = per_request(costs.nginx.own, &costs.nginx);
        let own = per_request(costs.turnpike.own, &costs.turnpike);
        let all = own + per_request(costs.turnpike.behind, &costs.turnpike);
        let rates = format!("{:.0} / {:.0}", rate(&costs.nginx), rate(&costs.turnpike));
        println!("{name:<28} {nginx:>12.1} {own:>12.1} {:>8} {rates:>12}", ratio(own, nginx));
        println!("{:<28} {nginx:>12.1} {all:>12.1} {:>8}", "  with Redis and Postgres", ratio(all, nginx));
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

fn per_request(time: Duration, cost: &Cost) -> f64 {
    time.as_secs_f64() * 1e6 / cost.requests.max(1) as f64
}

fn rate(cost: &Cost) -> f64 {
    cost.requests as f64 / cost.elapsed.as_secs_f64().max(f64::MIN_POSITIVE)
}

/// `6.2 ×`, or a dash where nginx's part is lost in the noise.
fn ratio(ours: f64, nginx: f64) -> String {
    if nginx > 0.0 { format!("{:.1} ×", ours / nginx) } else { "–".to_owned() }
}
