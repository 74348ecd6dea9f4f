import type { BookChange, Level } from "@/features/market/feed/protocol";

/**
 * One symbol's levels. Prices and amounts are shown with the exchange's own digits; their numeric value serves to
 * sort and find levels only.
 */
export class OrderBook {
  #bids = new Map<number, Level>();
  #asks = new Map<number, Level>();
  #bidsDownTo = -Infinity;
  #asksUpTo = Infinity;

  apply(change: BookChange) {
    if (change.isSnapshot) {
      this.#bids.clear();
      this.#asks.clear();
      this.#bidsDownTo = -Infinity;
      this.#asksUpTo = Infinity;
    }
    put(this.#bids, change.bids);
    put(this.#asks, change.asks);
    if (change.bidsKnownDownTo !== undefined) this.#bidsDownTo = Number(change.bidsKnownDownTo);
    if (change.asksKnownUpTo !== undefined) this.#asksUpTo = Number(change.asksKnownUpTo);
  }

  /** Best first. Ends where knowledge of the book ends, because further out levels may be missing. */
  bids(depth: number): Level[] {
    return best(this.#bids, (a, b) => b - a, (price) => price >= this.#bidsDownTo, depth);
  }

  asks(depth: number): Level[] {
    return best(this.#asks, (a, b) => a - b, (price) => price <= this.#asksUpTo, depth);
  }
}

/** An amount of zero removes the level. */
function put(side: Map<number, Level>, levels: Level[]) {
  for (const level of levels) {
    if (Number(level.amount) === 0) side.delete(Number(level.price));
    else side.set(Number(level.price), level);
  }
}

function best(side: Map<number, Level>, order: (a: number, b: number) => number, known: (price: number) => boolean, depth: number) {
  const nearest = [...side.entries()].filter(([price]) => known(price)).sort(([a], [b]) => order(a, b));
  return nearest.slice(0, depth).map(([, level]) => level);
}
