#![doc = include_str!("../README.md")]

pub mod id;
pub mod role;

pub mod api_key;
pub mod limit;

pub mod email;
pub mod password;

pub use api_key::{ApiKey, ApiKeyError, Environment, KeyDigest, Pepper};
pub use email::{EmailAddress, EmailError};
pub use id::{ApiKeyId, InvoiceId, MemberId, RequestId, SessionId, TenantId, TransactionId, UserId};
pub use limit::{Limits, ModelAccess};
pub use password::{PasswordError, check_password};
pub use role::{Action, Role, UnknownName};
