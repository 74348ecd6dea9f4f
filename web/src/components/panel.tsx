import { Box, Card, Group, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";

type PanelProps = {
  title?: string;
  lead?: string;
  actions?: ReactNode;
  /** A table brings its own padding, up to the border. */
  flush?: boolean;
  children: ReactNode;
};

export function Panel({ title, lead, actions, flush = false, children }: PanelProps) {
  return (
    <Card withBorder padding={0} component="section" aria-label={title}>
      {title && (
        <Group justify="space-between" px="lg" pt="md" pb={flush ? "xs" : 0} gap="xs">
          <Box>
            <Title order={2} size="h5">
              {title}
            </Title>
            {lead && (
              <Text c="dimmed" size="sm">
                {lead}
              </Text>
            )}
          </Box>
          {actions}
        </Group>
      )}
      {flush ? (
        children
      ) : (
        <Box px="lg" py="md">
          {children}
        </Box>
      )}
    </Card>
  );
}
