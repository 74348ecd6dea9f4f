import { Group, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Amount } from "@/components/amount";
import type { Turn } from "@/features/playground/api/use-chat";
import { formatCount, formatLatency } from "@/lib/number";

/** Below each reply: who gave it, what it cost, how long it took. Its height is there from the start. */
export function ReceiptLine({ turn }: { turn: Turn }) {
  const { receipt, first_text_ms, total_ms, state } = turn;
  return (
    <Group gap={14} mih={20} className="figures" data-testid="receipt">
      <Item>{receipt ? receipt.model : turn.model}</Item>
      {receipt && (
        <>
          <Item label="Cost">
            <Amount money={{ amount: receipt.cost_usd, currency: "USD" }} />
          </Item>
          <Item label="Tokens">
            {formatCount(receipt.prompt_tokens)} in, {formatCount(receipt.completion_tokens)} out
          </Item>
        </>
      )}
      {first_text_ms !== null && <Item label="First word">{formatLatency(first_text_ms)}</Item>}
      {total_ms !== null && <Item label="Total">{formatLatency(total_ms)}</Item>}
      {state === "stopped" && <Item>stopped: only what was sent is billed</Item>}
    </Group>
  );
}

function Item({ label, children }: { label?: string; children: ReactNode }) {
  return (
    <Text size="xs" c="dimmed" component="span">
      {label && `${label} `}
      <Text span inherit fw={label ? 600 : undefined}>
        {children}
      </Text>
    </Text>
  );
}
