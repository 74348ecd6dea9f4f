import { Box, Group, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";

type PageProps = {
  title: string;
  lead?: string;
  /** Buttons at the right of the title; below it on a phone. */
  actions?: ReactNode;
  children: ReactNode;
};

export function Page({ title, lead, actions, children }: PageProps) {
  return (
    <Stack gap="lg">
      <title>{`${title} · Turnpike`}</title>
      <Group justify="space-between" align="flex-end" gap="sm">
        <Box>
          <Title order={1} size="h2">
            {title}
          </Title>
          {lead && (
            <Text c="dimmed" size="sm" mt={2}>
              {lead}
            </Text>
          )}
        </Box>
        {actions}
      </Group>
      {children}
    </Stack>
  );
}
