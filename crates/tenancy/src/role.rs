//! Roles of members, and the one table that says what each may do.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a member is in a tenant.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// May do everything, and alone may make other owners. A tenant has at least one.
    Owner,
    /// Runs the tenant day by day.
    Admin,
    /// Builds on the API: makes keys and sees what they use.
    Developer,
    /// Looks after the money: balance, invoices, payments, budgets.
    Billing,
    /// Sees everything, changes nothing.
    Viewer,
}

/// What can be done in a tenant through console or API.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Action {
    TenantRead,
    TenantWrite,
    MembersRead,
    MembersWrite,
    KeysRead,
    KeysWrite,
    UsageRead,
    BalanceRead,
    InvoicesRead,
    ModelsRead,
    BudgetsWrite,
    PaymentsWrite,
}

/// A word that names no role, action or environment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name:?} is not {kind}")]
pub struct UnknownName {
    /// What was looked for, with its article: `a role`.
    pub kind: &'static str,
    /// What was given, at most 64 characters of it.
    pub name: String,
}

impl UnknownName {
    pub(crate) fn new(kind: &'static str, name: &str) -> Self {
        Self { kind, name: name.chars().take(64).collect() }
    }
}

const YES: bool = true;
const NOT: bool = false;

/// Who may do what. Rows stand in the order of [`Action::ALL`], columns in that of [`Role::ALL`].
#[rustfmt::skip]
const PERMISSIONS: [(Action, [bool; Role::ALL.len()]); Action::ALL.len()] = [
    //                      owner admin developer billing viewer
    (Action::TenantRead,    [YES, YES,  YES,      YES,    YES]),
    (Action::TenantWrite,   [YES, YES,  NOT,      NOT,    NOT]),
    (Action::MembersRead,   [YES, YES,  YES,      YES,    YES]),
    (Action::MembersWrite,  [YES, YES,  NOT,      NOT,    NOT]),
    (Action::KeysRead,      [YES, YES,  YES,      NOT,    YES]),
    (Action::KeysWrite,     [YES, YES,  YES,      NOT,    NOT]),
    (Action::UsageRead,     [YES, YES,  YES,      YES,    YES]),
    (Action::BalanceRead,   [YES, YES,  YES,      YES,    YES]),
    (Action::InvoicesRead,  [YES, YES,  NOT,      YES,    YES]),
    (Action::ModelsRead,    [YES, YES,  YES,      YES,    YES]),
    (Action::BudgetsWrite,  [YES, YES,  NOT,      YES,    NOT]),
    (Action::PaymentsWrite, [YES, YES,  NOT,      YES,    NOT]),
];

impl Role {
    /// Every role, the most trusted first.
    pub const ALL: [Self; 5] = [Self::Owner, Self::Admin, Self::Developer, Self::Billing, Self::Viewer];

    /// The word in database, API and console.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Developer => "developer",
            Self::Billing => "billing",
            Self::Viewer => "viewer",
        }
    }

    /// Whether a member of this role may do `action` in the tenant of the membership.
    pub const fn may(self, action: Action) -> bool {
        PERMISSIONS[action as usize].1[self as usize]
    }

    /// Whether a member of this role may give somebody `role`, or take it away.
    ///
    /// Only owners touch owners: otherwise an admin could promote itself past the table above.
    pub const fn may_assign(self, role: Role) -> bool {
        match role {
            Self::Owner => matches!(self, Self::Owner),
            _ => self.may(Action::MembersWrite),
        }
    }
}

impl Action {
    /// Every action, in the order of the table.
    pub const ALL: [Self; 12] = [
        Self::TenantRead,
        Self::TenantWrite,
        Self::MembersRead,
        Self::MembersWrite,
        Self::KeysRead,
        Self::KeysWrite,
        Self::UsageRead,
        Self::BalanceRead,
        Self::InvoicesRead,
        Self::ModelsRead,
        Self::BudgetsWrite,
        Self::PaymentsWrite,
    ];

    /// The name in the audit log and in refusals.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TenantRead => "tenant.read",
            Self::TenantWrite => "tenant.write",
            Self::MembersRead => "members.read",
            Self::MembersWrite => "members.write",
            Self::KeysRead => "keys.read",
            Self::KeysWrite => "keys.write",
            Self::UsageRead => "usage.read",
            Self::BalanceRead => "balance.read",
            Self::InvoicesRead => "invoices.read",
            Self::ModelsRead => "models.read",
            Self::BudgetsWrite => "budgets.write",
            Self::PaymentsWrite => "payments.write",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        Self::ALL.into_iter().find(|role| role.as_str() == name).ok_or_else(|| UnknownName::new("a role", name))
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_stands_in_the_order_that_may_reads_it() {
        for (index, action) in Action::ALL.into_iter().enumerate() {
            assert_eq!(PERMISSIONS[index].0, action);
            assert_eq!(action as usize, index);
        }
        for (index, role) in Role::ALL.into_iter().enumerate() {
            assert_eq!(role as usize, index);
        }
    }

    #[test]
    fn an_owner_may_do_everything() {
        for action in Action::ALL {
            assert!(Role::Owner.may(action), "{action}");
        }
    }

    #[test]
    fn a_viewer_changes_nothing() {
        for action in Action::ALL {
            let reads = action.as_str().ends_with(".read");
            assert_eq!(Role::Viewer.may(action), reads, "{action}");
        }
    }

    #[test]
    fn a_developer_makes_keys_but_touches_neither_money_nor_people() {
        assert!(Role::Developer.may(Action::KeysWrite));
        for action in [
            Action::PaymentsWrite,
            Action::BudgetsWrite,
            Action::InvoicesRead,
            Action::MembersWrite,
            Action::TenantWrite,
        ] {
            assert!(!Role::Developer.may(action), "{action}");
        }
    }

    #[test]
    fn billing_pays_but_sees_no_keys() {
        assert!(Role::Billing.may(Action::PaymentsWrite));
        assert!(Role::Billing.may(Action::InvoicesRead));
        assert!(!Role::Billing.may(Action::KeysRead));
        assert!(!Role::Billing.may(Action::KeysWrite));
    }

    #[test]
    fn an_admin_cannot_make_itself_an_owner() {
        assert!(Role::Owner.may_assign(Role::Owner));
        assert!(!Role::Admin.may_assign(Role::Owner));
        assert!(Role::Admin.may_assign(Role::Admin));
        assert!(!Role::Developer.may_assign(Role::Viewer));
    }

    #[test]
    fn every_role_is_found_by_its_word() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(role));
            assert_eq!(serde_json::to_string(&role).unwrap(), format!("\"{role}\""));
        }
        assert!("Owner".parse::<Role>().is_err());
        assert!("".parse::<Role>().is_err());
    }
}
