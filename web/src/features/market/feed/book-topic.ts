import { OrderBook } from "@/features/market/feed/order-book";
import type { BookChange, BookStatus, Level } from "@/features/market/feed/protocol";
import { judgeBook, type Place } from "@/features/market/feed/sequence";

/** Only `live` may be read as the present state. */
export type TopicStatus = "waiting" | "live" | "stale" | "resyncing";

export type BookView = {
  status: TopicStatus;
  /** Why it is not live, in the server's word or ours. */
  reason: string | null;
  bids: Level[];
  asks: Level[];
  /** Changes whenever the levels do. */
  place: Place | null;
};

/** Rows of the ladder on either side. */
export const DEPTH = 14;

/**
 * One symbol's book as this page has it. Two parties may doubt it: the server (its exchange skipped something) and the
 * page (a message is missing between server and page). It is live while neither does.
 */
export class BookTopic {
  #book = new OrderBook();
  #place: Place | null = null;
  #own: { status: TopicStatus; reason: string | null } = { status: "waiting", reason: null };
  #server: { status: TopicStatus; reason: string | null } = { status: "live", reason: null };

  /** Returns whether a fresh snapshot must be asked for. */
  onChange(change: BookChange): boolean {
    const awaited = this.#own.status !== "live" && !change.isSnapshot;
    // While a snapshot is awaited, deltas say nothing: they fit on a book that this page does not have.
    if (awaited) return false;
    const verdict = judgeBook(this.#place, change);
    if (verdict === "gap") {
      this.#own = { status: "resyncing", reason: "gap" };
      return true;
    }
    if (verdict === "next") {
      this.#book.apply(change);
      this.#place = { epoch: change.epoch, sequence: change.sequence };
      this.#own = { status: "live", reason: null };
    }
    return false;
  }

  onStatus({ status, reason }: BookStatus) {
    this.#server = { status, reason: status === "live" ? null : reason };
  }

  /** The server left messages out and will send a snapshot by itself. */
  onLagged() {
    this.#own = { status: "resyncing", reason: "lagged" };
  }

  /** What is known stays on screen, flagged. The next connection begins with a snapshot, whose word on the book counts. */
  onDisconnected() {
    if (this.#place) this.#own = { status: "stale", reason: "disconnected" };
    this.#server = { status: "live", reason: null };
  }

  /** A snapshot was asked for over an open connection. */
  onSubscribing() {
    if (this.#place) this.#own = { status: "resyncing", reason: this.#own.reason };
  }

  view(): BookView {
    const { status, reason } = this.#own.status === "live" ? this.#server : this.#own;
    return { status, reason, bids: this.#book.bids(DEPTH), asks: this.#book.asks(DEPTH), place: this.#place };
  }
}
