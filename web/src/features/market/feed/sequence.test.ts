import { expect, it } from "vitest";
import { judgeBook, judgeTrade } from "@/features/market/feed/sequence";

const at = (epoch: number, sequence: number) => ({ epoch, sequence, prevSequence: sequence - 1 });
const delta = (epoch: number, sequence: number) => ({
  ...at(epoch, sequence),
  type: "book_change" as const,
  symbol: "BTCUSDT",
  isSnapshot: false,
  bids: [],
  asks: [],
});
const snapshot = (epoch: number, sequence: number) => ({ ...delta(epoch, sequence), isSnapshot: true });

it("a delta fits only on the number before it", () => {
  const last = { epoch: 2, sequence: 40 };
  expect(judgeBook(last, delta(2, 41))).toBe("next");
  expect(judgeBook(last, delta(2, 42))).toBe("gap");
  expect(judgeBook(last, delta(2, 40))).toBe("old");
});

it("what belongs to an epoch that is over is dropped, snapshots too", () => {
  const last = { epoch: 2, sequence: 40 };
  expect(judgeBook(last, delta(1, 41))).toBe("old");
  expect(judgeBook(last, snapshot(1, 900))).toBe("old");
  expect(judgeTrade(last, at(1, 41))).toBe("old");
});

it("a new epoch of a book begins with a snapshot, whatever number it carries", () => {
  const last = { epoch: 2, sequence: 40 };
  expect(judgeBook(last, delta(3, 1))).toBe("gap");
  expect(judgeBook(last, snapshot(3, 7))).toBe("next");
  expect(judgeBook(null, snapshot(3, 7))).toBe("next");
});

it("a snapshot that is older than the book does not turn time back", () => {
  expect(judgeBook({ epoch: 2, sequence: 40 }, snapshot(2, 39))).toBe("old");
  expect(judgeBook({ epoch: 2, sequence: 40 }, snapshot(2, 40))).toBe("next");
});

it("trades may be joined anywhere, and a missing one is noticed", () => {
  expect(judgeTrade(null, at(1, 500))).toBe("next");
  expect(judgeTrade({ epoch: 1, sequence: 500 }, at(1, 501))).toBe("next");
  expect(judgeTrade({ epoch: 1, sequence: 500 }, at(1, 503))).toBe("gap");
  expect(judgeTrade({ epoch: 1, sequence: 500 }, at(2, 1))).toBe("next");
  expect(judgeTrade({ epoch: 1, sequence: 500 }, at(2, 2))).toBe("gap");
});
