//! `GET /api/v3/ticker/24hr`.

use serde_json::{Value, json};

use super::decimal::{E8, ONE};
use super::market::Market;
use crate::simulator::unix_time_ms;

pub(crate) fn day_ticker(market: &Market) -> Value {
    let (day, [(bid, bid_quantity), (ask, ask_quantity)]) = market.statistics();
    let change = i128::from(day.last.0) - i128::from(day.open.0);
    let percent_thousandths = change * 100_000 / i128::from(day.open.0);
    let average = day.quote_volume.saturating_mul(u128::from(ONE)).checked_div(day.volume);
    json!({
        "symbol": market.instrument.symbol,
        "priceChange": signed(change, 8),
        "priceChangePercent": signed(percent_thousandths, 3),
        "weightedAvgPrice": amount(average.unwrap_or_default()),
        "prevClosePrice": day.open,
        "lastPrice": day.last,
        "lastQty": day.last_quantity,
        "bidPrice": bid,
        "bidQty": bid_quantity,
        "askPrice": ask,
        "askQty": ask_quantity,
        "openPrice": day.open,
        "highPrice": day.high,
        "lowPrice": day.low,
        "volume": amount(day.volume),
        "quoteVolume": amount(day.quote_volume),
        "openTime": day.opened_at_ms,
        "closeTime": unix_time_ms(),
        "firstId": day.first_id,
        "lastId": day.first_id + day.count.saturating_sub(1),
        "count": day.count,
    })
}

fn amount(units: u128) -> E8 {
    E8(u64::try_from(units).unwrap_or(u64::MAX))
}

fn signed(units: i128, decimals: u32) -> String {
    let whole = 10u128.pow(decimals);
    let sign = if units < 0 { "-" } else { "" };
    let units = units.unsigned_abs();
    format!("{sign}{}.{:0width$}", units / whole, units % whole, width = decimals as usize)
}
