import { Button, Group, Text, Textarea } from "@mantine/core";
import { ArrowUp, Square } from "lucide-react";
import type { KeyboardEvent } from "react";
import classes from "@/features/playground/components/composer.module.css";

type ComposerProps = {
  prompt: string;
  onChange: (prompt: string) => void;
  busy: boolean;
  onSend: () => void;
  onStop: () => void;
};

export function Composer({ prompt, onChange, busy, onSend, onStop }: ComposerProps) {
  const sendable = prompt.trim() !== "" && !busy;

  function onKeyDown(event: KeyboardEvent) {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    if (sendable) onSend();
  }

  return (
    <div className={classes.composer}>
      <Textarea
        aria-label="Message"
        placeholder="Ask something"
        rows={3}
        value={prompt}
        onChange={(event) => onChange(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <Group justify="flex-end" mt="sm" wrap="nowrap">
        <Text size="xs" c="dimmed" visibleFrom="sm" mr="auto">
          Enter sends, Shift + Enter breaks the line
        </Text>
        {busy ? (
          <Button variant="default" leftSection={<Square size={13} fill="currentColor" aria-hidden />} onClick={onStop}>
            Stop
          </Button>
        ) : (
          <Button leftSection={<ArrowUp size={16} aria-hidden />} onClick={onSend} disabled={!sendable}>
            Send
          </Button>
        )}
      </Group>
    </div>
  );
}
