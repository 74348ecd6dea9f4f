import { backOffMs } from "@/features/market/feed/back-off";
import { BookTopic, type BookView } from "@/features/market/feed/book-topic";
import { CLOSE, parseMessage, subscribeOp, unsubscribeOp, type Refusal, type ServerMessage, type Subscription } from "@/features/market/feed/protocol";
import { TradeTopic, type TapeView } from "@/features/market/feed/trade-topic";
import { ProblemError } from "@/lib/problem";

export type Connection = "connecting" | "open" | "reconnecting" | "refused";

export type FeedView = {
  connection: Connection;
  /** Why there is no connection, or why the symbol was refused. */
  reason: string | null;
  /** Between the exchange's clock and the server's receipt of the newest message. */
  lagMs: number | null;
  book: BookView;
  tape: TapeView;
};

export type Instrument = { exchange: string; symbol: string };

/** Eyes follow ten pictures a second; an exchange sends many more messages. */
const PUBLISH_EVERY_MS = 100;
/** The server sends a heartbeat every 5 s: after three missing ones the connection is dead, whatever TCP thinks. */
const SILENCE_MAX_MS = 15_000;
/** A plan's limit frees itself when another page is closed. */
const LIMIT_WAIT_MS = 30_000;
/** Between two requests for a snapshot, should gaps come one upon another. */
const RESYNC_WAIT_MS = 1_000;

/** Follows the book and the trades of one instrument, and reconnects by itself until it is stopped or refused. */
export class MarketFeed {
  #book = new BookTopic();
  #trades = new TradeTopic();
  #connection: Connection = "connecting";
  #reason: string | null = null;
  #lagMs: number | null = null;

  #socket: WebSocket | null = null;
  #running = false;
  #failures = 0;
  #lastOpId = 0;
  #resuming: number | null = null;
  #retry: Timer;
  #silence: Timer;
  #resync: Timer;
  #publishing: Timer;
  #listeners = new Set<() => void>();
  #view: FeedView;

  constructor(
    private readonly instrument: Instrument,
    private readonly issueTicket: () => Promise<string>,
  ) {
    this.#view = this.#read();
  }

  start() {
    this.#running = true;
    void this.#connect();
  }

  stop() {
    this.#running = false;
    for (const timer of [this.#retry, this.#silence, this.#resync, this.#publishing]) clearTimeout(timer);
    this.#publishing = undefined;
    this.#drop();
  }

  /** For React: calls `listener` after `view` has changed. */
  subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  view = () => this.#view;

  async #connect() {
    let ticket: string;
    try {
      ticket = await this.issueTicket();
    } catch (error) {
      if (this.#running) this.#onTicketRefused(error);
      return;
    }
    if (!this.#running || this.#socket) return;
    const socket = new WebSocket(marketUrl(ticket));
    this.#socket = socket;
    socket.onopen = () => this.#onOpen();
    socket.onmessage = ({ data }) => this.#onText(String(data));
    socket.onclose = ({ code }) => this.#onClose(code);
    this.#watchSilence();
  }

  #onTicketRefused(error: unknown) {
    if (error instanceof ProblemError && error.status < 500 && error.status !== 429) this.#refuse(error.message);
    else this.#reconnect("the gateway cannot be reached");
  }

  #onOpen() {
    this.#connection = "open";
    this.#reason = null;
    this.#book.onSubscribing();
    this.#subscribe({ channel: "book_change" });
    const from = this.#trades.resumeFrom();
    this.#resuming = this.#subscribe({ channel: "trade", from });
    this.#publish();
  }

  #onText(text: string) {
    this.#watchSilence();
    const message = parseMessage(text);
    if (message) this.#onMessage(message);
    this.#publish();
  }

  #onMessage(message: ServerMessage) {
    switch (message.type) {
      case "book_change":
        if (this.#book.onChange(message)) this.#askForSnapshot();
        return;
      case "trade":
        return this.#trades.onTrade(message);
      case "book_status":
        return this.#book.onStatus(message);
      case "lagged":
        // A gap among trades shows by their numbers.
        if (message.topic.includes(":book_change:")) this.#book.onLagged();
        return;
      case "heartbeat":
        this.#lagMs = message.lagMs[this.instrument.exchange] ?? null;
        return;
      case "subscribed":
        this.#failures = 0;
        if (message.topics.some((topic) => topic.includes(":trade:"))) this.#trades.onSubscribed();
        return;
      case "error":
        return this.#onRefusal(message);
    }
  }

  #onRefusal({ id, code, message }: Refusal) {
    this.#reason = message;
    // Nothing is wrong with what was asked, only with the moment.
    if (code === "service_unavailable") {
      this.#drop();
      return this.#reconnect(message);
    }
    // The ring of past trades may not reach back far enough: then the tape goes on from now, with a gap.
    if (id === this.#resuming && this.#trades.resumeFrom()) {
      this.#resuming = null;
      this.#reason = null;
      this.#subscribe({ channel: "trade" });
    }
  }

  #onClose(code: number) {
    this.#drop();
    if (!this.#running) return;
    // Before it closes for a reason of its own, the server says which.
    if (code === CLOSE.balance || code === CLOSE.suspended) this.#refuse(this.#reason ?? "the server closed the connection");
    else this.#reconnect(this.#reason, code === CLOSE.limit ? LIMIT_WAIT_MS : 0);
  }

  #reconnect(reason: string | null, waitMsMin = 0) {
    this.#failures += 1;
    this.#connection = "reconnecting";
    this.#reason = reason;
    this.#publish();
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => void this.#connect(), Math.max(waitMsMin, backOffMs(this.#failures, Math.random())));
  }

  #refuse(reason: string) {
    this.#connection = "refused";
    this.#reason = reason;
    this.#publish();
  }

  /** A second subscription begins with a snapshot, as the first did. */
  #askForSnapshot() {
    clearTimeout(this.#resync);
    this.#resync = setTimeout(() => {
      const { exchange, symbol } = this.instrument;
      this.#send(unsubscribeOp(++this.#lastOpId, exchange, symbol, "book_change"));
      this.#book.onSubscribing();
      this.#subscribe({ channel: "book_change" });
    }, RESYNC_WAIT_MS);
  }

  #subscribe(subscription: Subscription): number {
    const id = ++this.#lastOpId;
    this.#send(subscribeOp(id, this.instrument.exchange, this.instrument.symbol, subscription));
    return id;
  }

  #send(text: string) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(text);
  }

  #watchSilence() {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      this.#drop();
      this.#reconnect("nothing was heard for a while");
    }, SILENCE_MAX_MS);
  }

  /** Lets go of the socket. What was shown stays, flagged. */
  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    clearTimeout(this.#silence);
    clearTimeout(this.#resync);
    this.#book.onDisconnected();
    this.#trades.onDisconnected();
    this.#lagMs = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  #publish() {
    this.#publishing ??= setTimeout(() => {
      this.#publishing = undefined;
      this.#view = this.#read();
      for (const listener of this.#listeners) listener();
    }, PUBLISH_EVERY_MS);
  }

  #read(): FeedView {
    return { connection: this.#connection, reason: this.#reason, lagMs: this.#lagMs, book: this.#book.view(), tape: this.#trades.view() };
  }
}

type Timer = ReturnType<typeof setTimeout> | undefined;

/** A browser cannot send a header with a WebSocket, so a short-lived ticket stands in the address. */
function marketUrl(ticket: string): string {
  const { protocol, host } = window.location;
  return `${protocol === "https:" ? "wss" : "ws"}://${host}/v1/market/ws?ticket=${encodeURIComponent(ticket)}`;
}
