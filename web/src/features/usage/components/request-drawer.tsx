import { Box, Drawer, Group, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { CopyButton } from "@/components/copy-button";
import type { UsageRow } from "@/features/usage/api/get-usage";
import { OutcomeBadge } from "@/features/usage/components/outcome-badge";
import { EXACT, formatMoney } from "@/lib/money";
import { formatCount, formatLatency } from "@/lib/number";
import { formatMoment, formatUtc } from "@/lib/time";

const SOURCES: Record<string, string> = {
  provider: "counted by the provider",
  estimated: "estimated, the provider gave no count",
};

export function RequestDrawer({ row, onClose }: { row: UsageRow | null; onClose: () => void }) {
  return (
    <Drawer opened={row !== null} onClose={onClose} position="right" title="Request" size="md">
      {row && <Facts row={row} />}
    </Drawer>
  );
}

function Facts({ row }: { row: UsageRow }) {
  return (
    <Stack gap="sm" className="figures">
      <Fact label="Request id">
        <Text size="xs" ff="monospace" style={{ overflowWrap: "anywhere" }}>
          {row.request_id}
        </Text>
        <Box mt={6}>
          <CopyButton text={row.request_id} label="Copy request id" />
        </Box>
      </Fact>
      <Fact label="Outcome">
        <OutcomeBadge reason={row.reason} />
      </Fact>
      <Fact label="Started">
        {formatMoment(row.started_at)}
        <Text size="xs" c="dimmed">
          {formatUtc(row.started_at)}
        </Text>
      </Fact>
      <Fact label="Model">{row.model}</Fact>
      <Fact label="Provider">{row.provider}</Fact>
      <Fact label="Endpoint">{row.endpoint + (row.streaming ? ", streamed" : "")}</Fact>
      <Fact label="Key">{row.key_name}</Fact>
      <Fact label="Input tokens">
        {formatCount(row.input_tokens)}
        {row.cached_input_tokens > 0 && `, of which ${formatCount(row.cached_input_tokens)} from cache`}
      </Fact>
      <Fact label="Output tokens">
        {formatCount(row.output_tokens)}
        {row.reasoning_tokens > 0 && `, of which ${formatCount(row.reasoning_tokens)} for reasoning`}
      </Fact>
      <Fact label="Tokens were">{SOURCES[row.source] ?? row.source}</Fact>
      <Fact label="Latency">{formatLatency(row.latency_ms)}</Fact>
      <Fact label="Exact cost">{formatMoney(row.cost, EXACT)}</Fact>
    </Stack>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <Group align="flex-start" wrap="nowrap" gap="md">
      <Text size="sm" c="dimmed" w={120} style={{ flexShrink: 0 }}>
        {label}
      </Text>
      <Text size="sm" component="div">
        {children}
      </Text>
    </Group>
  );
}
