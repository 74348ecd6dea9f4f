import { Box, Card, Center, Group, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { Logo } from "@/components/logo";
import { ThemeToggle } from "@/components/theme-toggle";

type EntranceProps = { title: string; lead: string; footer: ReactNode; children: ReactNode };

/** The frame around log-in and sign-up. */
export function Entrance({ title, lead, footer, children }: EntranceProps) {
  return (
    <Box mih="100dvh" bg="var(--console-sunken)">
      <title>{`${title} · Turnpike`}</title>
      <Group justify="space-between" px="lg" py="md">
        <Logo />
        <ThemeToggle />
      </Group>
      <Center px="md" pt={{ base: 24, sm: "8vh" }} pb="xl">
        <Stack w="100%" maw={420} gap="lg" component="main">
          <Box>
            <Title order={1} size="h2">
              {title}
            </Title>
            <Text c="dimmed" mt={4}>
              {lead}
            </Text>
          </Box>
          <Card withBorder padding="xl" radius="lg" shadow="xs">
            {children}
          </Card>
          <Text size="sm" c="dimmed" ta="center" component="div">
            {footer}
          </Text>
        </Stack>
      </Center>
    </Box>
  );
}
