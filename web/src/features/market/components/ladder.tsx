import { Box, Group, Text } from "@mantine/core";
import type { CSSProperties } from "react";
import classes from "@/features/market/components/ladder.module.css";
import { DEPTH, type BookView } from "@/features/market/feed/book-topic";
import type { Level } from "@/features/market/feed/protocol";
import { decimalDifference, trimDecimals } from "@/lib/decimal";

/** The best levels of either side. A book in doubt is greyed: what it shows was true, not is. */
export function Ladder({ book }: { book: BookView }) {
  const largest = Math.max(...[...book.bids, ...book.asks].map(({ amount }) => Number(amount)), 0);
  const [bid, ask] = [book.bids[0], book.asks[0]];
  const spread = bid && ask ? decimalDifference(ask.price, bid.price) : null;
  return (
    <Box data-testid="ladder" data-status={book.status}>
      <div className={classes.sides} data-doubtful={book.status !== "live" || undefined}>
        <Side side="bids" levels={book.bids} largest={largest} />
        <Side side="asks" levels={book.asks} largest={largest} />
      </div>
      <Group justify="space-between" px="md" py={8} className={classes.spread}>
        <Text size="xs" c="dimmed">
          Spread
        </Text>
        <Text size="xs" ff="monospace">
          {spread === null ? "–" : trimDecimals(spread, 2)}
        </Text>
      </Group>
    </Box>
  );
}

type SideProps = { side: "bids" | "asks"; levels: Level[]; largest: number };

/** Bids read amount, price; asks price, amount: so the best prices meet in the middle. */
function Side({ side, levels, largest }: SideProps) {
  const titles = side === "bids" ? ["Amount", "Bid"] : ["Ask", "Amount"];
  return (
    <table className={classes.side} data-side={side} aria-label={side === "bids" ? "Bids" : "Asks"}>
      <thead>
        <tr>
          {titles.map((title) => (
            <th key={title} scope="col">
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody className="figures">
        {Array.from({ length: DEPTH }, (_, row) => (
          <LevelRow key={row} side={side} level={levels[row]} largest={largest} />
        ))}
      </tbody>
    </table>
  );
}

/** Rows are there before their levels are, so that nothing moves when the book arrives. */
function LevelRow({ side, level, largest }: { side: "bids" | "asks"; level: Level | undefined; largest: number }) {
  if (!level) {
    return (
      <tr>
        <td />
        <td />
      </tr>
    );
  }
  const depth = `${((Number(level.amount) / largest) * 100).toFixed(1)}%`;
  const cells = [
    <td key="amount">{trimDecimals(level.amount, 2)}</td>,
    <td key="price" className={classes.price}>
      {trimDecimals(level.price, 2)}
    </td>,
  ];
  return (
    <tr className={classes.level} style={{ "--depth": depth } as CSSProperties} data-testid="level">
      {side === "bids" ? cells : cells.reverse()}
    </tr>
  );
}
