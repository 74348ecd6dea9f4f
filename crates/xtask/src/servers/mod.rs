//! The servers that xtask starts for itself. It never touches one that it did not start.

pub(crate) mod account;
pub(crate) mod leftovers;
pub(crate) mod nginx;
pub(crate) mod postgres;
pub(crate) mod process;
pub(crate) mod redis;
pub(crate) mod throwaway;
