//! The shapes of Binance's JSON. Members that we do not use are ignored: the exchange keeps adding some.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::depth::{Level, Snapshot};
use crate::digits::Digits;
use crate::event::TradeId;
use crate::instrument::Symbol;

#[derive(Deserialize)]
pub(super) struct Envelope<'a> {
    #[serde(borrow)]
    pub(super) stream: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) data: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) id: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) error: Option<WireError<'a>>,
    #[serde(borrow, rename = "e")]
    pub(super) event: Option<Cow<'a, str>>,
    #[serde(default, rename = "A", deserialize_with = "is_there")]
    pub(super) best_ask_amount: bool,
}

#[derive(Deserialize)]
pub(super) struct WireError<'a> {
    pub(super) code: i64,
    #[serde(borrow)]
    pub(super) msg: Cow<'a, str>,
}

/// `{"symbols":[{"symbol":"ETHBTC","status":"TRADING",…},…],…}`
#[derive(Deserialize)]
pub(super) struct WireInstruments<'a> {
    #[serde(borrow)]
    pub(super) symbols: Vec<WireInstrument<'a>>,
}

#[derive(Deserialize)]
pub(super) struct WireInstrument<'a> {
    #[serde(borrow)]
    pub(super) symbol: Cow<'a, str>,
}

/// `{"e":"trade","E":…,"s":"BNBBTC","t":40756030,"p":"0.00426990","q":"33.82","T":1554076800940,"m":false,"M":true}`
#[derive(Deserialize)]
pub(super) struct WireTrade {
    #[serde(rename = "s")]
    pub(super) symbol: WireSymbol,
    #[serde(rename = "t", deserialize_with = "number_or_text")]
    pub(super) id: TradeId,
    #[serde(rename = "p")]
    pub(super) price: Digits,
    #[serde(rename = "q")]
    pub(super) amount: Digits,
    #[serde(rename = "T")]
    pub(super) trade_time: i64,
    #[serde(rename = "m")]
    pub(super) buyer_is_maker: bool,
}

/// `{"e":"depthUpdate","E":1633998514469,"s":"BLZETH","U":281916627,"u":281916627,"b":[["0.00006421","0.00000000"]],"a":[]}`
#[derive(Deserialize)]
pub(super) struct WireDiff {
    #[serde(rename = "s")]
    pub(super) symbol: WireSymbol,
    #[serde(rename = "E")]
    pub(super) event_time: i64,
    #[serde(rename = "U")]
    pub(super) first_update_id: u64,
    #[serde(rename = "u")]
    pub(super) last_update_id: u64,
    #[serde(rename = "b")]
    pub(super) bids: Vec<WireLevel>,
    #[serde(rename = "a")]
    pub(super) asks: Vec<WireLevel>,
}

/// `{"u":1127645101,"s":"BTCUSDT","b":"8010.00","B":"0.142459","a":"8012.15","A":"0.031201"}`
#[derive(Deserialize)]
pub(super) struct WireBookTicker {
    #[serde(rename = "s")]
    pub(super) symbol: WireSymbol,
    #[serde(rename = "b")]
    pub(super) bid_price: Digits,
    #[serde(rename = "B")]
    pub(super) bid_amount: Digits,
    #[serde(rename = "a")]
    pub(super) ask_price: Digits,
    #[serde(rename = "A")]
    pub(super) ask_amount: Digits,
}

/// `{"lastUpdateId":281916627,"bids":[["0.00006547","100.00"],…],"asks":[…]}`
#[derive(Deserialize)]
pub(super) struct WireSnapshot {
    /// −1 for an instrument whose book has never held anything.
    #[serde(rename = "lastUpdateId")]
    pub(super) update_id: i64,
    pub(super) bids: Vec<WireLevel>,
    pub(super) asks: Vec<WireLevel>,
}

impl WireSnapshot {
    pub(super) fn into_snapshot(self, levels_max: Option<usize>) -> Snapshot {
        let levels = |side: Vec<WireLevel>| side.into_iter().map(|level| level.0).collect();
        let update_id = u64::try_from(self.update_id).unwrap_or(0);
        Snapshot { update_id, bids: levels(self.bids), asks: levels(self.asks), levels_max }
    }
}

pub(super) struct WireSymbol(pub(super) Symbol);

impl<'de> Deserialize<'de> for WireSymbol {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FromText;
        impl Visitor<'_> for FromText {
            type Value = WireSymbol;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a symbol")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<WireSymbol, E> {
                Symbol::parse(text).map(WireSymbol).map_err(E::custom)
            }
        }
        deserializer.deserialize_str(FromText)
    }
}

/// `["price","amount"]`; recordings of 2017 to 2019 have a third element, an empty array.
pub(super) struct WireLevel(pub(super) Level);

impl<'de> Deserialize<'de> for WireLevel {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pair;
        impl<'de> Visitor<'de> for Pair {
            type Value = WireLevel;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("[price, amount]")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<WireLevel, A::Error> {
                let price: Digits = seq.next_element()?.ok_or_else(|| A::Error::invalid_length(0, &self))?;
                let amount: Digits = seq.next_element()?.ok_or_else(|| A::Error::invalid_length(1, &self))?;
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Level::new(price, amount).map(WireLevel).map_err(A::Error::custom)
            }
        }
        deserializer.deserialize_seq(Pair)
    }
}

fn number_or_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TradeId, D::Error> {
    let raw = <&RawValue>::deserialize(deserializer)?.get();
    TradeId::parse(raw.trim_matches('"')).ok_or_else(|| D::Error::custom("no trade id"))
}

fn is_there<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}
