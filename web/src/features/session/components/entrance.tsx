import { Box, Card, Group, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { Logo } from "@/components/logo";
import { ThemeToggle } from "@/components/theme-toggle";
import classes from "@/features/session/components/entrance.module.css";
import { Offer } from "@/features/session/components/offer";

type EntranceProps = { title: string; lead: string; footer: ReactNode; children: ReactNode };

/** The frame around log-in and sign-up; on a wide screen with what the visitor is about to get beside it. */
export function Entrance({ title, lead, footer, children }: EntranceProps) {
  return (
    <Box className={classes.frame}>
      <title>{`${title} · Turnpike`}</title>
      <Box className={classes.entrance}>
        <Group justify="space-between" px="lg" py="md" component="header">
          <Logo />
          <ThemeToggle />
        </Group>
        <Stack w="100%" maw={452} gap="lg" mx="auto" px="md" className={classes.form} component="main">
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
      </Box>
      <Offer />
    </Box>
  );
}
