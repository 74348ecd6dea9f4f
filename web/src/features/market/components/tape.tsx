import { Text } from "@mantine/core";
import classes from "@/features/market/components/tape.module.css";
import type { Trade } from "@/features/market/feed/protocol";
import type { TapeEntry, TapeView } from "@/features/market/feed/trade-topic";
import { trimDecimals } from "@/lib/decimal";
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
            <Entry key={entry.key} entry={entry} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Entry({ entry: { trade } }: { entry: TapeEntry }) {
  if (trade) return <TradeRow trade={trade} />;
  return (
    <tr>
      <td className={classes.gap} colSpan={3}>
        some trades are missing here
      </td>
    </tr>
  );
}

function TradeRow({ trade }: { trade: Trade }) {
  return (
    <tr data-testid="trade">
      <td>{formatClock(trade.timestamp)}</td>
      <td data-side={trade.side}>
        {trimDecimals(trade.price, 2)}
        <span className="visually-hidden"> {trade.side}</span>
      </td>
      <td>{trimDecimals(trade.amount, 2)}</td>
    </tr>
  );
}
