import { Box, Group, Text } from "@mantine/core";
import type { CSSProperties } from "react";
import classes from "@/features/market/components/ladder.module.css";
import { DEPTH, type BookView } from "@/features/market/feed/book-topic";
import type { Level } from "@/features/market/feed/protocol";
import { asSentence } from "@/lib/problem";
import { columnDecimals, decimalDifference, trimDecimals } from "@/lib/decimal";

/** The best levels of either side. A book in doubt is greyed: what it shows was true, not is. */
export function Ladder({ book }: { book: BookView }) {
  const [bid, ask] = [book.bids[0], book.asks[0]];
  const levels = [...book.bids, ...book.asks];
  const scale = {
    largest: Math.max(0, ...levels.map(({ amount }) => Number(amount))),
    priceDecimals: columnDecimals(levels.map(({ price }) => price)),
    amountDecimals: columnDecimals(levels.map(({ amount }) => amount)),
  };
  const spread = bid && ask ? decimalDifference(ask.price, bid.price) : null;
  return (
    <Box data-testid="ladder" data-status={book.status}>
      <div className={classes.sides} data-doubtful={book.status !== "live" || undefined}>
        <Side side="bids" levels={book.bids} scale={scale} />
        <Side side="asks" levels={book.asks} scale={scale} />
      </div>
      <Group justify="center" gap={8} py={8} className={classes.foot}>
        {book.reason === null ? <Spread spread={spread} /> : <Doubt reason={book.reason} />}
      </Group>
    </Box>
  );
}

function Spread({ spread }: { spread: string | null }) {
  return (
    <>
      <Text size="xs" c="dimmed">
        Spread
      </Text>
      <Text size="xs" ff="monospace">
        {spread === null ? "–" : trimDecimals(spread, 2)}
      </Text>
    </>
  );
}

/** The server's word for why a book is in doubt, as a person would say it. An unknown word is shown as it is. */
const DOUBTS: Record<string, string> = {
  gap: "messages are missing, a fresh book is on its way",
  lagged: "this page read too slowly, a fresh book is on its way",
  disconnected: "the connection was lost, this is the last that was known",
  crossed: "the best bid is not below the best ask",
  not_started: "nothing has come from the exchange yet",
  snapshot_requested: "a fresh book is on its way",
  snapshot_failed: "the exchange gave no snapshot, asking again",
};

function Doubt({ reason }: { reason: string }) {
  return <Text size="xs">{asSentence(DOUBTS[reason] ?? reason.replaceAll("_", " "))}</Text>;
}

/** What all rows have in common, so that bars compare and points line up. */
type Scale = { largest: number; priceDecimals: number; amountDecimals: number };

type SideProps = { side: "bids" | "asks"; levels: Level[]; scale: Scale };

/** Bids read amount, price; asks price, amount: so the best prices meet in the middle. */
function Side({ side, levels, scale }: SideProps) {
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
          <LevelRow key={row} side={side} level={levels[row]} scale={scale} />
        ))}
      </tbody>
    </table>
  );
}

/** Rows are there before their levels are, so that nothing moves when the book arrives. */
function LevelRow({ side, level, scale }: { side: "bids" | "asks"; level: Level | undefined; scale: Scale }) {
  if (!level) {
    return (
      <tr>
        <td />
        <td />
      </tr>
    );
  }
  // The square root, because one large order would leave the others without a bar.
  const depth = `${(Math.sqrt(Number(level.amount) / scale.largest) * 100).toFixed(1)}%`;
  const cells = [
    <td key="amount">{trimDecimals(level.amount, scale.amountDecimals)}</td>,
    <td key="price" className={classes.price}>
      {trimDecimals(level.price, scale.priceDecimals)}
    </td>,
  ];
  return (
    <tr className={classes.level} style={{ "--depth": depth } as CSSProperties} data-testid="level">
      {side === "bids" ? cells : cells.reverse()}
    </tr>
  );
}
