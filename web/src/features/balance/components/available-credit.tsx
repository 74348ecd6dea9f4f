import { Amount } from "@/components/amount";
import { Figure } from "@/components/figure";
import type { Balance } from "@/features/balance/api/get-balance";
import { isZeroAmount } from "@/lib/money";

/** Undefined while it is on its way. */
export function AvailableCredit({ balance }: { balance: Balance | undefined }) {
  return (
    <Figure
      label="Available credit"
      value={balance && <Amount money={balance.available} />}
      note={balance && <CreditNote balance={balance} />}
    />
  );
}

function CreditNote({ balance }: { balance: Balance }) {
  if (!balance.held_known) return <>Running requests not counted</>;
  if (!isZeroAmount(balance.held.amount)) {
    return (
      <>
        <Amount money={balance.held} /> held by running requests
      </>
    );
  }
  if (isZeroAmount(balance.granted.amount)) return null;
  return (
    <>
      <Amount money={balance.granted} /> granted
    </>
  );
}
