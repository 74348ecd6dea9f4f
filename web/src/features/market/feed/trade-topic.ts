import type { TopicStatus } from "@/features/market/feed/book-topic";
import type { Trade } from "@/features/market/feed/protocol";
import { judgeTrade, type Place } from "@/features/market/feed/sequence";

/** A trade, or the place where some are missing. */
export type TapeEntry = { key: string; trade: Trade | null };

export type TapeView = { status: TopicStatus; entries: TapeEntry[] };

/** A little more than the tape's height shows. */
const KEPT = 40;

/** The latest trades of one symbol, newest first. */
export class TradeTopic {
  #entries: TapeEntry[] = [];
  #place: Place | null = null;
  #status: TopicStatus = "waiting";

  onTrade(trade: Trade) {
    const verdict = judgeTrade(this.#place, trade);
    this.#status = "live";
    if (verdict === "old") return;
    const key = `${trade.epoch}.${trade.sequence}`;
    if (verdict === "gap") this.#push({ key: `before ${key}`, trade: null });
    this.#push({ key, trade });
    this.#place = { epoch: trade.epoch, sequence: trade.sequence };
  }

  onSubscribed() {
    this.#status = "live";
  }

  onDisconnected() {
    if (this.#status === "live") this.#status = "stale";
  }

  /** Where to go on after a reconnection: the server keeps the last 60 s of trades. */
  resumeFrom(): Place | undefined {
    return this.#place ?? undefined;
  }

  view(): TapeView {
    return { status: this.#status, entries: this.#entries };
  }

  #push(entry: TapeEntry) {
    this.#entries = [entry, ...this.#entries].slice(0, KEPT);
  }
}
