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

type Word = { status: TopicStatus; reason: string | null };

/** The server vouches for a book by sending its snapshot; it speaks up when that changes. */
const NO_DOUBT: Word = { status: "live", reason: null };

/**
 * One symbol's book as this page has it. Two parties may doubt it: the server (its exchange skipped something) and the
 * page (a message is missing between server and page). It is live while neither does.
 */
export class BookTopic {
  #book = new OrderBook();
  #place: Place | null = null;
  #own: Word = { status: "waiting", reason: null };
  #server: Word = NO_DOUBT;

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

  /** A crossed book is in sequence, so it is live, and odd enough to be pointed out. */
  onStatus({ status, reason }: BookStatus) {
    const plain = status === "live" && reason !== "crossed";
    this.#server = { status, reason: plain ? null : reason };
  }

  /** The server left messages out, its word on the book perhaps among them, and begins the topic anew by itself. */
  onLagged() {
    this.#own = { status: "resyncing", reason: "lagged" };
    this.#server = NO_DOUBT;
  }

  /** What is known stays on screen, flagged. The next connection begins with a snapshot, whose word on the book counts. */
  onDisconnected() {
    if (this.#place) this.#own = { status: "stale", reason: "disconnected" };
    this.#server = NO_DOUBT;
  }

  /** The topic begins anew over an open connection: with a snapshot, or with the server's word on why there is none. */
  onSubscribing() {
    if (this.#place) this.#own = { status: "resyncing", reason: this.#own.reason };
    this.#server = NO_DOUBT;
  }

  view(): BookView {
    const fromServer = this.#own.status === "live" || (this.#own.status === "waiting" && this.#server.status !== "live");
    const { status, reason } = fromServer ? this.#server : this.#own;
    return { status, reason, bids: this.#book.bids(DEPTH), asks: this.#book.asks(DEPTH), place: this.#place };
  }
}
