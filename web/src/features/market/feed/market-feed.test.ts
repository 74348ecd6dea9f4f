import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { MarketFeed } from "@/features/market/feed/market-feed";
import { ProblemError } from "@/lib/problem";

/** The server's end of a socket, as far as a test needs one. */
class FakeSocket {
  static readonly OPEN = 1;
  static opened: FakeSocket[] = [];
  readyState = 0;
  sent: { op: string; id: number; channels: string[]; from?: unknown }[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;

  constructor(readonly url: string) {
    FakeSocket.opened.push(this);
  }
  send(text: string) {
    this.sent.push(JSON.parse(text) as FakeSocket["sent"][number]);
  }
  close() {
    this.readyState = 3;
  }
  accept() {
    this.readyState = FakeSocket.OPEN;
    this.onopen?.();
  }
  say(message: object) {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
  hangUp(code: number) {
    this.readyState = 3;
    this.onclose?.({ code });
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  FakeSocket.opened = [];
  vi.stubGlobal("WebSocket", FakeSocket);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const book = (isSnapshot: boolean, sequence: number, epoch = 1) => ({
  type: "book_change",
  symbol: "BTCUSDT",
  isSnapshot,
  bids: [{ price: "10", amount: String(sequence) }],
  asks: [{ price: "11", amount: "1" }],
  epoch,
  sequence,
  prevSequence: sequence - 1,
});
const trade = (sequence: number) => ({
  type: "trade",
  symbol: "BTCUSDT",
  id: String(sequence),
  price: "10",
  amount: "1",
  side: "buy",
  timestamp: "2026-11-24T10:00:00.000Z",
  epoch: 1,
  sequence,
  prevSequence: sequence - 1,
});

async function started(issueTicket = () => Promise.resolve("ticket")) {
  const feed = new MarketFeed({ exchange: "binance", symbol: "BTCUSDT" }, issueTicket);
  feed.start();
  await vi.advanceTimersByTimeAsync(0);
  return feed;
}

/** The newest connection. */
function socket(): FakeSocket {
  const last = FakeSocket.opened.at(-1);
  if (!last) throw new Error("nothing was opened");
  return last;
}

const settle = () => vi.advanceTimersByTimeAsync(100);

it("after a snapshot the book is live, and follows deltas", async () => {
  const feed = await started();
  socket().accept();
  expect(socket().url).toContain("/v1/market/ws?ticket=ticket");
  expect(socket().sent.map(({ op, channels }) => `${op} ${channels.join()}`)).toEqual(["subscribe book_change", "subscribe trade"]);
  await settle();
  expect(feed.view().book.status).toBe("waiting");
  socket().say(book(true, 7));
  socket().say(book(false, 8));
  await settle();
  expect(feed.view().book).toMatchObject({ status: "live", bids: [{ price: "10", amount: "8" }] });
});

it("a gap flags the book, asks for a snapshot, and ignores deltas until it comes", async () => {
  const feed = await started();
  socket().accept();
  socket().say(book(true, 7));
  socket().say(book(false, 9));
  await settle();
  expect(feed.view().book).toMatchObject({ status: "resyncing", reason: "gap", bids: [{ amount: "7" }] });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(socket().sent.slice(2).map(({ op }) => op)).toEqual(["unsubscribe", "subscribe"]);
  socket().say(book(false, 10));
  await settle();
  expect(feed.view().book.status).toBe("resyncing");
  socket().say(book(true, 11));
  await settle();
  expect(feed.view().book).toMatchObject({ status: "live", bids: [{ amount: "11" }] });
});

it("deltas that keep coming after a gap neither delay the snapshot nor ask for more of them", async () => {
  await started();
  socket().accept();
  socket().say(book(true, 7));
  for (let sequence = 9; sequence < 30; sequence += 1) {
    socket().say(book(false, sequence));
    await settle();
  }
  expect(socket().sent.slice(2).map(({ op }) => op)).toEqual(["unsubscribe", "subscribe"]);
});

it("a book that the server calls stale is not live, though its deltas fit", async () => {
  const feed = await started();
  socket().accept();
  socket().say(book(true, 7));
  socket().say({ type: "book_status", symbol: "BTCUSDT", status: "stale", reason: "disconnected" });
  socket().say(book(false, 8));
  await settle();
  expect(feed.view().book).toMatchObject({ status: "stale", reason: "disconnected" });
  socket().say({ type: "book_status", symbol: "BTCUSDT", status: "live", reason: "aligned" });
  await settle();
  expect(feed.view().book.status).toBe("live");
});

it("why there is no book yet is said in the server's words, and a crossed one is pointed out", async () => {
  const feed = await started();
  socket().accept();
  socket().say({ type: "book_status", symbol: "BTCUSDT", status: "resyncing", reason: "snapshot_requested" });
  await settle();
  expect(feed.view().book).toMatchObject({ status: "resyncing", reason: "snapshot_requested" });
  socket().say(book(true, 7));
  socket().say({ type: "book_status", symbol: "BTCUSDT", status: "live", reason: "aligned" });
  await settle();
  expect(feed.view().book).toMatchObject({ status: "live", reason: null });
  socket().say({ type: "book_status", symbol: "BTCUSDT", status: "live", reason: "crossed" });
  await settle();
  expect(feed.view().book).toMatchObject({ status: "live", reason: "crossed" });
});

it("a server that cannot account for a topic just now is asked again", async () => {
  const feed = await started();
  socket().accept();
  socket().say({ type: "error", id: 1, code: "service_unavailable", message: "try again" });
  await settle();
  expect(feed.view()).toMatchObject({ connection: "reconnecting", reason: "try again" });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(FakeSocket.opened).toHaveLength(2);
});

it("a lost connection flags everything, and a new one begins with another ticket where the tape ended", async () => {
  const issueTicket = vi.fn(() => Promise.resolve("ticket"));
  const feed = await started(issueTicket);
  socket().accept();
  socket().say(book(true, 7));
  socket().say(trade(3));
  socket().hangUp(1001);
  await settle();
  expect(feed.view()).toMatchObject({ connection: "reconnecting", book: { status: "stale" }, tape: { status: "stale" } });
  expect(feed.view().book.bids).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(issueTicket).toHaveBeenCalledTimes(2);
  socket().accept();
  expect(socket().sent[1]).toMatchObject({ channels: ["trade"], from: { epoch: 1, sequence: 3 } });
  socket().say(book(true, 9));
  await settle();
  expect(feed.view()).toMatchObject({ connection: "open", book: { status: "live" } });
});

it("trades that cannot be caught up on leave a visible gap", async () => {
  const feed = await started();
  socket().accept();
  socket().say(trade(3));
  socket().hangUp(1006);
  await vi.advanceTimersByTimeAsync(1_000);
  socket().accept();
  socket().say({ type: "error", id: socket().sent[1]?.id, code: "too_old", message: "too old" });
  expect(socket().sent.at(-1)).toMatchObject({ op: "subscribe", channels: ["trade"] });
  expect(socket().sent.at(-1)?.from).toBeUndefined();
  socket().say(trade(90));
  await settle();
  expect(feed.view().tape.entries.map((entry) => entry.trade?.id ?? "gap")).toEqual(["90", "gap", "3"]);
});

it("a connection that falls silent is given up", async () => {
  const feed = await started();
  socket().accept();
  socket().say(book(true, 7));
  await vi.advanceTimersByTimeAsync(15_100);
  expect(feed.view()).toMatchObject({ connection: "reconnecting", book: { status: "stale" } });
});

it("attempts come at growing distances", async () => {
  await started();
  const distances: number[] = [];
  for (let failure = 1; failure <= 8; failure += 1) {
    const opened = FakeSocket.opened.length;
    socket().hangUp(1006);
    let waited = 0;
    while (FakeSocket.opened.length === opened) {
      await vi.advanceTimersByTimeAsync(50);
      waited += 50;
    }
    distances.push(waited);
  }
  expect(distances[0]).toBeLessThanOrEqual(550);
  expect(distances[7]).toBeGreaterThanOrEqual(7_500);
  expect(Math.max(...distances)).toBeLessThanOrEqual(15_100);
});

it("a refusal is final and says why; an end of the balance too", async () => {
  const refusal = new ProblemError(403, "forbidden", "your role may not read market data", {}, null);
  const refused = await started(() => Promise.reject(refusal));
  await settle();
  expect(refused.view()).toMatchObject({ connection: "refused", reason: "your role may not read market data" });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(FakeSocket.opened).toHaveLength(0);

  const broke = await started();
  socket().accept();
  socket().say({ type: "error", id: null, code: "insufficient_quota", message: "the balance is used up" });
  socket().hangUp(4402);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(broke.view()).toMatchObject({ connection: "refused", reason: "the balance is used up" });
  expect(FakeSocket.opened).toHaveLength(1);
});

it("nothing is opened after the page was left", async () => {
  const feed = await started();
  socket().accept();
  feed.stop();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(FakeSocket.opened).toHaveLength(1);
  expect(socket().readyState).toBe(3);
});
