import { Badge, Group, Text } from "@mantine/core";
import type { TopicStatus } from "@/features/market/feed/book-topic";
import type { Connection, FeedView } from "@/features/market/feed/market-feed";
import { formatLatency } from "@/lib/number";
import { asSentence } from "@/lib/problem";

const CONNECTIONS: Record<Connection, { label: string; color: string }> = {
  connecting: { label: "Connecting", color: "gray" },
  open: { label: "Connected", color: "brand" },
  reconnecting: { label: "Reconnecting", color: "orange" },
  refused: { label: "Refused", color: "red" },
};

const TOPICS: Record<TopicStatus, { label: string; color: string }> = {
  waiting: { label: "Waiting", color: "gray" },
  live: { label: "Live", color: "brand" },
  stale: { label: "Stale", color: "red" },
  resyncing: { label: "Resyncing", color: "orange" },
};

/** Whether there is a connection, why not, and how far the exchange's clock is away. */
export function ConnectionState({ feed }: { feed: FeedView }) {
  const { label, color } = CONNECTIONS[feed.connection];
  return (
    <Group gap="sm" mih={28} data-testid="connection" data-status={feed.connection}>
      <Badge color={color} size="lg" role="status">
        {label}
      </Badge>
      {feed.reason && <Text size="sm">{asSentence(feed.reason)}</Text>}
      {feed.lagMs !== null && (
        <Text size="sm" c="dimmed" className="figures">
          {formatLatency(feed.lagMs)} behind the exchange
        </Text>
      )}
    </Group>
  );
}

export function TopicState({ status }: { status: TopicStatus }) {
  const { label, color } = TOPICS[status];
  return (
    <Badge color={color} data-status={status}>
      {label}
    </Badge>
  );
}
