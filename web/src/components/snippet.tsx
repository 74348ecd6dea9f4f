import { Box, Group, Text } from "@mantine/core";
import { CopyButton } from "@/components/copy-button";
import classes from "@/components/snippet.module.css";

type SnippetProps = {
  title: string;
  text: string;
  /** What the button copies, for a screen reader. */
  copyLabel: string;
  /** Breaks long lines instead of scrolling: for a secret that should be seen whole. */
  wrap?: boolean;
};

/** Lines for a terminal, with a button that copies them. */
export function Snippet({ title, text, copyLabel, wrap = false }: SnippetProps) {
  return (
    <Box className={classes.frame}>
      <Group justify="space-between" className={classes.bar} wrap="nowrap">
        <Text size="xs" c="dimmed" fw={500} truncate>
          {title}
        </Text>
        <CopyButton text={text} label={copyLabel} />
      </Group>
      <pre className={classes.text} data-wrap={wrap || undefined} tabIndex={0} aria-label={title}>
        {text}
      </pre>
    </Box>
  );
}
