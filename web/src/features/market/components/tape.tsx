import { Text } from "@mantine/core";
import classes from "@/features/market/components/tape.module.css";
import type { Trade } from "@/features/market/feed/protocol";
import type { TapeEntry, TapeView } from "@/features/market/feed/trade-topic";
import { columnDecimals, trimDecimals } from "@/lib/decimal";
import { formatClock } from "@/lib/time";

/** Trades as they happen, newest first. Where some are missing the tape says so. */
export function Tape({ tape }: { tape: TapeView }) {
  if (tape.entries.length === 0) {
    return (
      <div className={classes.frame}>
        <Text size="sm" c="dimmed" p="lg">
          No trade since this page was opened.
        </Text>
      </div>
    );
  }
  const trades = tape.entries.flatMap(({ trade }) => trade ?? []);
  const decimals = { price: columnDecimals(trades.map(({ price }) => price)), amount: columnDecimals(trades.map(({ amount }) => amount)) };
  return (
    <div className={classes.frame} tabIndex={0} role="region" aria-label="Trade tape">
      <table className={classes.tape} aria-label="Trades">
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Price</th>
            <th scope="col">Amount</th>
          </tr>
        </thead>
        <tbody className="figures">
          {tape.entries.map((entry) => (
            <Entry key={entry.key} entry={entry} decimals={decimals} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

type Decimals = { price: number; amount: number };

function Entry({ entry: { trade }, decimals }: { entry: TapeEntry; decimals: Decimals }) {
  if (trade) return <TradeRow trade={trade} decimals={decimals} />;
  return (
    <tr>
      <td className={classes.gap} colSpan={3}>
        some trades are missing here
      </td>
    </tr>
  );
}

function TradeRow({ trade, decimals }: { trade: Trade; decimals: Decimals }) {
  return (
    <tr data-testid="trade">
      <td>{formatClock(trade.timestamp)}</td>
      <td data-side={trade.side}>
        {trimDecimals(trade.price, decimals.price)}
        <span className="visually-hidden"> {trade.side}</span>
      </td>
      <td>{trimDecimals(trade.amount, decimals.amount)}</td>
    </tr>
  );
}
