//! The books: which accounts there are, and which may face each other in what.

use crate::money::Money;
use crate::word::words;

words! {
    /// An account of one tenant in one currency. Every tenant has its own of each kind; the
    /// operator's figure is the sum.
    "an account kind" AccountKind {
        /// What the tenant has with us: a liability, so its balance is credits − debits.
        Customer = "customer",
        /// Credit given away.
        Promo = "promo",
        /// What was earned by serving.
        Earnings = "earnings",
        /// Money that arrived from outside.
        Cash = "cash",
        /// Between two currencies, with one posting in each.
        Fx = "fx",
        /// Owed to a tax office.
        Tax = "tax",
        /// Served beyond what was held, at the operator's cost.
        Overage = "overage",
        /// Differences that the operator bears.
        Variance = "variance",
        /// What the tenant owes after a payment was taken back.
        Receivable = "receivable",
        /// Credit that expired unused.
        Breakage = "breakage",
    }
}

words! {
    /// What a transaction is.
    "an entry type" EntryType {
        SignUpCredit = "sign_up_credit",
        UsageCharge = "usage_charge",
        TopUp = "top_up",
        ManualCredit = "manual_credit",
        ManualDebit = "manual_debit",
        CreditExpiry = "credit_expiry",
        /// Undoes an earlier entry, in whole or part; names it.
        Correction = "correction",
    }
}

/// One movement between two accounts of one tenant. It balances by its shape.
///
/// Made by [`Posting::new`], [`sign_up_credit`] and [`usage_charge`] only: the amount is above
/// zero and the accounts may face each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Posting {
    pub debit: AccountKind,
    pub credit: AccountKind,
    pub amount: Money,
}

/// Why a posting cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    #[error("a posting of {amount} was attempted: it must be above zero")]
    NotPositive { amount: Money },
    #[error("{debit} may not face {credit} in a {entry}")]
    MayNotFace { entry: EntryType, debit: AccountKind, credit: AccountKind },
}

/// Which accounts may face each other in what: entry, debit, credit.
const FACING: [(EntryType, AccountKind, AccountKind); 18] = {
    use AccountKind::*;
    use EntryType::*;
    [
        (SignUpCredit, Promo, Customer),
        (UsageCharge, Customer, Earnings),
        (UsageCharge, Overage, Earnings),
        (TopUp, Cash, Customer),
        // Paid in another currency: one posting in that, one in the tenant's.
        (TopUp, Cash, Fx),
        (TopUp, Fx, Customer),
        // The tariff's gift over the market's rate.
        (TopUp, Promo, Customer),
        (ManualCredit, Promo, Customer),
        (ManualCredit, Variance, Customer),
        (ManualDebit, Customer, Promo),
        (ManualDebit, Customer, Variance),
        (CreditExpiry, Customer, Breakage),
        (Correction, Earnings, Customer),
        (Correction, Earnings, Overage),
        (Correction, Customer, Earnings),
        (Correction, Customer, Promo),
        (Correction, Customer, Cash),
        (Correction, Breakage, Customer),
    ]
};

/// Whether `debit` may face `credit` in an entry of this type. What is not in the table may not.
pub fn may_face(entry: EntryType, debit: AccountKind, credit: AccountKind) -> bool {
    FACING.contains(&(entry, debit, credit))
}

impl Posting {
    /// Refuses amounts not above zero, and accounts that may not face each other.
    pub fn new(entry: EntryType, debit: AccountKind, credit: AccountKind, amount: Money) -> Result<Self, LedgerError> {
        if amount.is_zero() || amount.is_negative() {
            return Err(LedgerError::NotPositive { amount });
        }
        if !may_face(entry, debit, credit) {
            return Err(LedgerError::MayNotFace { entry, debit, credit });
        }
        Ok(Self { debit, credit, amount })
    }
}

/// The credit that a new tenant is given.
///
/// # Panics
/// If `credit` is not above zero. A plan may give nothing: ask [`Money::is_zero`] first, and then
/// post nothing.
pub fn sign_up_credit(credit: Money) -> Posting {
    Posting::new(EntryType::SignUpCredit, AccountKind::Promo, AccountKind::Customer, credit)
        .expect("the caller gives a credit above zero")
}

/// What a request moves: `charge` from the customer, `overage` (served beyond the hold) from the
/// operator. A part not above zero has no posting, so a free request has none.
pub fn usage_charge(charge: Money, overage: Money) -> Vec<Posting> {
    [(AccountKind::Customer, charge), (AccountKind::Overage, overage)]
        .into_iter()
        .filter_map(|(payer, amount)| Posting::new(EntryType::UsageCharge, payer, AccountKind::Earnings, amount).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;

    fn micros(micros: i64) -> Money {
        Money::from_micros(micros, Currency::USD)
    }

    #[test]
    fn a_sign_up_credit_is_given_by_promo_to_the_customer() {
        let posting = sign_up_credit(micros(5_000_000));
        assert_eq!(
            (posting.debit, posting.credit, posting.amount),
            (AccountKind::Promo, AccountKind::Customer, micros(5_000_000))
        );
    }

    #[test]
    #[should_panic(expected = "above zero")]
    fn a_sign_up_credit_of_nothing_is_no_posting() {
        sign_up_credit(micros(0));
    }

    #[test]
    fn the_customer_pays_the_charge_and_the_operator_the_overage() {
        let postings = usage_charge(micros(7), micros(2));
        let sides: Vec<_> = postings.iter().map(|posting| (posting.debit, posting.credit, posting.amount)).collect();
        assert_eq!(
            sides,
            [
                (AccountKind::Customer, AccountKind::Earnings, micros(7)),
                (AccountKind::Overage, AccountKind::Earnings, micros(2)),
            ]
        );
    }

    #[test]
    fn what_is_free_has_no_posting() {
        assert!(usage_charge(micros(0), micros(0)).is_empty());
        assert_eq!(usage_charge(micros(7), micros(0)).len(), 1);
        assert_eq!(usage_charge(micros(0), micros(2))[0].debit, AccountKind::Overage);
    }

    #[test]
    fn a_posting_moves_more_than_nothing() {
        for amount in [micros(0), micros(-1)] {
            let refused = Posting::new(EntryType::TopUp, AccountKind::Cash, AccountKind::Customer, amount);
            assert_eq!(refused, Err(LedgerError::NotPositive { amount }));
        }
    }

    #[test]
    fn accounts_that_may_not_face_each_other_are_refused_by_name() {
        let refused = Posting::new(EntryType::UsageCharge, AccountKind::Promo, AccountKind::Earnings, micros(1));
        assert_eq!(refused.unwrap_err().to_string(), "promo may not face earnings in a usage_charge");
    }

    #[test]
    fn every_entry_type_can_be_posted_and_no_account_faces_itself() {
        for entry in EntryType::ALL {
            let mut pairs = 0;
            for debit in AccountKind::ALL {
                for credit in AccountKind::ALL {
                    if may_face(entry, debit, credit) {
                        assert_ne!(debit, credit);
                        pairs += 1;
                    }
                }
            }
            assert!(pairs > 0, "{entry} can never be posted");
        }
    }

    #[test]
    fn only_a_correction_takes_back_from_earnings() {
        for (entry, debit, _) in FACING {
            assert!(debit != AccountKind::Earnings || entry == EntryType::Correction, "{entry}");
        }
    }

    #[test]
    fn credit_comes_only_from_given_credit_money_or_a_correction() {
        use AccountKind::{Breakage, Cash, Earnings, Fx, Promo, Variance};
        let mut givers: Vec<_> = FACING
            .into_iter()
            .filter(|(_, _, credit)| *credit == AccountKind::Customer)
            .map(|(_, debit, _)| debit)
            .collect();
        givers.sort();
        givers.dedup();
        let mut expected = [Promo, Earnings, Cash, Fx, Variance, Breakage];
        expected.sort();
        assert_eq!(givers, expected);
    }
}
