import { expect, it } from "vitest";
import { OrderBook } from "@/features/market/feed/order-book";
import type { BookChange } from "@/features/market/feed/protocol";

type Levels = [price: string, amount: string][];

function change(isSnapshot: boolean, bids: Levels, asks: Levels, edges: Partial<BookChange> = {}): BookChange {
  const levels = (pairs: Levels) => pairs.map(([price, amount]) => ({ price, amount }));
  const place = { epoch: 1, sequence: 1, prevSequence: 0 };
  return { type: "book_change", symbol: "BTCUSDT", isSnapshot, bids: levels(bids), asks: levels(asks), ...place, ...edges };
}

const prices = (levels: { price: string }[]) => levels.map(({ price }) => price);

it("levels are sorted by value, best first, and keep the exchange's digits", () => {
  const book = new OrderBook();
  book.apply(change(true, [["9.50", "1"], ["10.00", "2"]], [["100.0", "1"], ["11.10", "3"]]));
  expect(book.bids(5)).toEqual([{ price: "10.00", amount: "2" }, { price: "9.50", amount: "1" }]);
  expect(prices(book.asks(5))).toEqual(["11.10", "100.0"]);
});

it("an amount of zero removes its level, whatever zeros the price carries", () => {
  const book = new OrderBook();
  book.apply(change(true, [["10.00", "2"], ["9.00", "1"]], []));
  book.apply(change(false, [["10.0", "0.00000000"]], []));
  expect(prices(book.bids(5))).toEqual(["9.00"]);
});

it("a snapshot replaces the book", () => {
  const book = new OrderBook();
  book.apply(change(true, [["10", "2"]], [["11", "1"]]));
  book.apply(change(true, [["8", "1"]], []));
  expect(prices(book.bids(5))).toEqual(["8"]);
  expect(book.asks(5)).toEqual([]);
});

it("levels beyond what is known are not shown", () => {
  const book = new OrderBook();
  book.apply(change(true, [["10", "1"], ["9", "1"]], [["11", "1"]], { bidsKnownDownTo: "9", asksKnownUpTo: "11" }));
  book.apply(change(false, [["5", "1"]], [["20", "1"]]));
  expect(prices(book.bids(5))).toEqual(["10", "9"]);
  expect(prices(book.asks(5))).toEqual(["11"]);
});
