import { useEffect, useState, useSyncExternalStore } from "react";
import { createTicket } from "@/features/market/api/create-ticket";
import { MarketFeed, type FeedView, type Instrument } from "@/features/market/feed/market-feed";

/** Follows an instrument while the component is mounted. For another one mount it afresh: `key={symbol}`. */
export function useMarketFeed(instrument: Instrument): FeedView {
  const [feed] = useState(() => new MarketFeed(instrument, createTicket));
  useEffect(() => {
    feed.start();
    return () => feed.stop();
  }, [feed]);
  return useSyncExternalStore(feed.subscribe, feed.view);
}
