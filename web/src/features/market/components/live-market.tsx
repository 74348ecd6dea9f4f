import { Box, Stack } from "@mantine/core";
import { Panel } from "@/components/panel";
import { ConnectionState, TopicState } from "@/features/market/components/feed-status";
import { Ladder } from "@/features/market/components/ladder";
import classes from "@/features/market/components/live-market.module.css";
import { Tape } from "@/features/market/components/tape";
import type { Instrument } from "@/features/market/feed/market-feed";
import { useMarketFeed } from "@/features/market/feed/use-market-feed";

export function LiveMarket({ instrument }: { instrument: Instrument }) {
  const feed = useMarketFeed(instrument);
  return (
    <Stack gap="md">
      <ConnectionState feed={feed} />
      <Box className={classes.panels}>
        <Panel title="Order book" actions={<TopicState status={feed.book.status} />} flush>
          <Ladder book={feed.book} />
        </Panel>
        <Panel title="Trades" actions={<TopicState status={feed.tape.status} />} flush>
          <Tape tape={feed.tape} />
        </Panel>
      </Box>
    </Stack>
  );
}
