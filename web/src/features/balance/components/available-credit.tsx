import { Amount } from "@/components/amount";
import { Figure } from "@/components/figure";
import type { Balance } from "@/features/balance/api/get-balance";
import { isZeroAmount } from "@/lib/money";

export function AvailableCredit({ balance }: { balance: Balance }) {
  return <Figure label="Available credit" emphasis value={<Amount money={balance.available} />} note={<CreditNote balance={balance} />} />;
}

function CreditNote({ balance }: { balance: Balance }) {
  if (!balance.held_known) return <>Requests under way are not counted at the moment</>;
  if (!isZeroAmount(balance.held.amount)) {
    return (
      <>
        <Amount money={balance.held} /> held for requests under way
      </>
    );
  }
  if (isZeroAmount(balance.granted.amount)) return null;
  return (
    <>
      <Amount money={balance.granted} /> of sign-up credit granted
    </>
  );
}
