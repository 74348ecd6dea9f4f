import { Box, Code, Group, Text } from "@mantine/core";
import { useMe } from "@/api/me";

/** Said on every page, because replies that look real are not. */
export function SimulatedNotice() {
  const { simulated_providers } = useMe();
  if (!simulated_providers) return null;
  return (
    <Group px="md" py={6} gap={8} wrap="nowrap" justify="center" role="note" bg="var(--console-sunken)" className="simulated-notice">
      <Box w={7} h={7} bg="orange.6" style={{ borderRadius: "50%", flexShrink: 0 }} aria-hidden />
      <Text size="xs" c="dimmed">
        Simulated providers: set <Code fz="inherit">OPENAI_API_KEY</Code> (or another provider’s) and restart to use the real ones.
      </Text>
    </Group>
  );
}
