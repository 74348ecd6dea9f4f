//! `GET /api/v3/exchangeInfo`: what clients load before anything else.

use serde_json::{Value, json};

use super::decimal::{E8, ONE};
use super::exchange::Exchange;
use super::instrument::{Instrument, QUOTE};
use super::market::Market;
use crate::simulator::unix_time_ms;

pub(crate) fn exchange_info(exchange: &Exchange, markets: Vec<&Market>) -> Value {
    json!({
        "timezone": "UTC",
        "serverTime": unix_time_ms(),
        "rateLimits": [
            {
                "rateLimitType": "REQUEST_WEIGHT",
                "interval": "MINUTE",
                "intervalNum": 1,
                "limit": exchange.weights.limit_per_minute,
            },
            { "rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 100 },
            { "rateLimitType": "ORDERS", "interval": "DAY", "intervalNum": 1, "limit": 200_000 },
            { "rateLimitType": "RAW_REQUESTS", "interval": "MINUTE", "intervalNum": 5, "limit": 61_000 },
        ],
        "exchangeFilters": [],
        "symbols": markets.into_iter().map(|market| symbol(&market.instrument)).collect::<Vec<_>>(),
    })
}

fn symbol(instrument: &Instrument) -> Value {
    json!({
        "symbol": instrument.symbol,
        "status": "TRADING",
        "baseAsset": instrument.base,
        "baseAssetPrecision": 8,
        "quoteAsset": QUOTE,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "baseCommissionPrecision": 8,
        "quoteCommissionPrecision": 8,
        "orderTypes": ["LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT"],
        "icebergAllowed": true,
        "ocoAllowed": true,
        "otoAllowed": true,
        "quoteOrderQtyMarketAllowed": true,
        "allowTrailingStop": true,
        "cancelReplaceAllowed": true,
        "amendAllowed": true,
        "pegInstructionsAllowed": true,
        "isSpotTradingAllowed": true,
        "isMarginTradingAllowed": false,
        "filters": filters(instrument),
        "permissions": [],
        "permissionSets": [["SPOT"]],
        "defaultSelfTradePreventionMode": "EXPIRE_MAKER",
        "allowedSelfTradePreventionModes": ["NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH"],
    })
}

fn filters(instrument: &Instrument) -> Value {
    json!([
        {
            "filterType": "PRICE_FILTER",
            "minPrice": instrument.tick,
            "maxPrice": E8(1_000_000 * ONE),
            "tickSize": instrument.tick,
        },
        { "filterType": "LOT_SIZE", "minQty": instrument.step, "maxQty": E8(9_000 * ONE), "stepSize": instrument.step },
        { "filterType": "ICEBERG_PARTS", "limit": 10 },
        { "filterType": "MARKET_LOT_SIZE", "minQty": E8(0), "maxQty": E8(100 * ONE), "stepSize": E8(0) },
        {
            "filterType": "NOTIONAL",
            "minNotional": E8(5 * ONE),
            "applyMinToMarket": true,
            "maxNotional": E8(9_000_000 * ONE),
            "applyMaxToMarket": false,
            "avgPriceMins": 5,
        },
        { "filterType": "MAX_NUM_ORDERS", "maxNumOrders": 200 },
        { "filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": 5 },
    ])
}
