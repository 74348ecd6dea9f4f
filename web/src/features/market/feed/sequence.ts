import type { BookChange, Numbered } from "@/features/market/feed/protocol";

/** The last message of a topic that was taken. */
export type Place = { epoch: number; sequence: number };

/** `old` was seen already or belongs to an epoch that is over; after a `gap` something is missing. */
export type Verdict = "next" | "old" | "gap";

/** Trades begin wherever the subscriber joins. A new epoch counts from 1, so one that starts later has lost its beginning. */
export function judgeTrade(last: Place | null, trade: Numbered): Verdict {
  if (!last) return "next";
  if (trade.epoch !== last.epoch) return trade.epoch < last.epoch ? "old" : trade.prevSequence === 0 ? "next" : "gap";
  if (trade.sequence <= last.sequence) return "old";
  return trade.prevSequence === last.sequence ? "next" : "gap";
}

/**
 * A snapshot carries the last number that it includes, and a delta fits only on the number before it, in the same
 * epoch. A snapshot older than what is known would turn time back.
 */
export function judgeBook(last: Place | null, change: BookChange): Verdict {
  if (change.isSnapshot) return last && isBefore(change, last) ? "old" : "next";
  if (!last) return "gap";
  if (change.epoch < last.epoch) return "old";
  if (change.epoch > last.epoch) return "gap";
  if (change.sequence <= last.sequence) return "old";
  return change.prevSequence === last.sequence ? "next" : "gap";
}

function isBefore(one: Place, other: Place): boolean {
  return one.epoch === other.epoch ? one.sequence < other.sequence : one.epoch < other.epoch;
}
