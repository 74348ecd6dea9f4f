import { Alert, Center, Stack, Text } from "@mantine/core";
import { MessagesSquare, TriangleAlert } from "lucide-react";
import { useEffect, useRef } from "react";
import type { Turn } from "@/features/playground/api/use-chat";
import { ReceiptLine } from "@/features/playground/components/receipt-line";
import classes from "@/features/playground/components/conversation.module.css";
import { asSentence } from "@/lib/problem";

/** Questions and replies, following the end while text comes in. */
export function Conversation({ turns }: { turns: Turn[] }) {
  const frame = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (frame.current) frame.current.scrollTop = frame.current.scrollHeight;
  }, [turns]);
  return (
    <div className={classes.turns} ref={frame} tabIndex={0} role="region" aria-label="Conversation">
      {turns.length === 0 ? (
        <Empty />
      ) : (
        <Stack gap="lg">
          {turns.map((turn) => (
            <TurnView key={turn.id} turn={turn} />
          ))}
        </Stack>
      )}
    </div>
  );
}

function Empty() {
  return (
    <Center h="100%">
      <Stack align="center" gap={6} maw={320}>
        <MessagesSquare size={28} strokeWidth={1.5} color="var(--mantine-color-dimmed)" aria-hidden />
        <Text fw={600}>Try any model</Text>
        <Text size="sm" c="dimmed" ta="center">
          Replies stream in as they are made, with what they cost and how long they took.
        </Text>
      </Stack>
    </Center>
  );
}

function TurnView({ turn }: { turn: Turn }) {
  return (
    <Stack gap="sm" data-testid="turn" data-state={turn.state}>
      <Text size="sm" component="div" className={classes.prompt}>
        {turn.prompt}
      </Text>
      <Text size="sm" component="div" className={classes.reply} data-streaming={turn.total_ms === null || undefined} data-testid="reply">
        {turn.text}
      </Text>
      {turn.error !== null && (
        <Alert color="red" icon={<TriangleAlert size={18} aria-hidden />} role="alert">
          {asSentence(turn.error)}
        </Alert>
      )}
      <ReceiptLine turn={turn} />
    </Stack>
  );
}
