/**
 * What travels over `/v1/market/ws`: Tardis-normalised messages, each with its place in its topic, and control messages
 * without one. Numbers are asked for as text, so that the exchange's digits survive.
 */
export type Level = { price: string; amount: string };

/** `sequence` rises by one per message of a topic, from 1 in each epoch; `prevSequence` is the one before. */
export type Numbered = { epoch: number; sequence: number; prevSequence: number };

export type BookChange = Numbered & {
  type: "book_change";
  symbol: string;
  isSnapshot: boolean;
  bids: Level[];
  asks: Level[];
  /** Below and above these prices the book is unknown: levels there may be missing. */
  bidsKnownDownTo?: string;
  asksKnownUpTo?: string;
};

export type Trade = Numbered & {
  type: "trade";
  symbol: string;
  id: string;
  price: string;
  amount: string;
  side: "buy" | "sell" | "unknown";
  timestamp: string;
};

export type BookStatus = {
  type: "book_status";
  symbol: string;
  status: "stale" | "resyncing" | "live";
  reason: string;
};

/** Messages were left out because this subscriber reads slowly. For a book a snapshot follows. */
export type Lagged = { type: "lagged"; topic: string; dropped: number };

export type Heartbeat = { type: "heartbeat"; lagMs: Record<string, number> };

export type Subscribed = { type: "subscribed"; id: number; topics: string[] };

export type Refusal = { type: "error"; id?: number | null; code: string; message: string };

export type ServerMessage = BookChange | Trade | BookStatus | Lagged | Heartbeat | Subscribed | Refusal;

const TYPES = ["book_change", "trade", "book_status", "lagged", "heartbeat", "subscribed", "error"];

/** Null for a type that this page does not know: the protocol may grow. */
export function parseMessage(text: string): ServerMessage | null {
  const message = JSON.parse(text) as ServerMessage;
  return TYPES.includes(message.type) ? message : null;
}

export type Subscription = { channel: "book_change" | "trade"; from?: { epoch: number; sequence: number } };

export function subscribeOp(id: number, exchange: string, symbol: string, { channel, from }: Subscription): string {
  return JSON.stringify({ op: "subscribe", id, exchange, symbols: [symbol], channels: [channel], numbers: "string", from });
}

export function unsubscribeOp(id: number, exchange: string, symbol: string, channel: Subscription["channel"]): string {
  return JSON.stringify({ op: "unsubscribe", id, exchange, symbols: [symbol], channels: [channel] });
}

/** Why the server closed the socket; codes below 4000 are the protocol's own and mean: connect again. */
export const CLOSE = { balance: 4402, suspended: 4403, limit: 4429 } as const;
