#![doc = include_str!("../README.md")]

mod decimal_text;
mod word;

pub mod fx;
pub mod money;

pub mod meter;
pub mod price;

pub mod hold;
pub mod market;
pub mod plan;

pub mod invoice;
pub mod ledger;
pub mod period;

pub use fx::{FxError, FxQuote};
pub use hold::{HoldRequest, affordable_output, hold_amount};
pub use invoice::{Draft, DraftError, DraftLine, UsageTotal, draft};
pub use ledger::{AccountKind, EntryType, LedgerError, Posting, may_face, sign_up_credit, usage_charge};
pub use market::{MARKET, minute_price, minute_tokens};
pub use meter::{CountSource, Reason, TokenClass, Tokens, UsageKind};
pub use money::{Currency, Money, MoneyError, SCALE};
pub use period::{Period, PeriodError};
pub use plan::Plan;
pub use price::{Charge, Price, PriceError};
pub use word::UnknownWord;
