import { Box, Group, Stack, Text, ThemeIcon } from "@mantine/core";
import type { ReactNode } from "react";
import { useMay } from "@/api/me";
import { FirstRequest } from "@/components/first-request";
import { Panel } from "@/components/panel";
import { ButtonLink } from "@/components/router-link";

/** The overview of an organisation that has sent nothing yet. */
export function GettingStarted() {
  const mayCreateKeys = useMay("keys.write");
  return (
    <Panel title="Send your first request">
      <Stack gap="lg">
        <Step number="1" title="Create an API key">
          <Text size="sm" c="dimmed" mb="sm">
            Its secret is shown once. Export it as OPENAI_API_KEY in your shell.
          </Text>
          {mayCreateKeys ? <ButtonLink to="/keys">Create an API key</ButtonLink> : <Text size="sm">Ask an admin for one.</Text>}
        </Step>
        <Step number="2" title="Call a model">
          <FirstRequest lead="Any OpenAI client works: only the base URL and the key change." />
        </Step>
        <Step number="3" title="Come back here">
          <Text size="sm" c="dimmed">
            The request appears under usage with its cost, and as a line of this month’s invoice.
          </Text>
        </Step>
      </Stack>
    </Panel>
  );
}

function Step({ number, title, children }: { number: string; title: string; children: ReactNode }) {
  return (
    <Group align="flex-start" wrap="nowrap" gap="md">
      <ThemeIcon variant="light" radius="xl" size={26} aria-hidden>
        <Text size="xs" fw={700}>
          {number}
        </Text>
      </ThemeIcon>
      <Box flex={1} miw={0}>
        <Text fw={600} size="sm" mt={2} mb={2}>
          {title}
        </Text>
        {children}
      </Box>
    </Group>
  );
}
