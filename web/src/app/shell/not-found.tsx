import { Center, Stack, Text, Title } from "@mantine/core";
import { ButtonLink } from "@/components/router-link";

export function NotFound() {
  return (
    <Center mih="60vh" p="lg">
      <Stack align="center" gap="xs">
        <title>Not found · Turnpike</title>
        <Title order={1} size="h2">
          There is no such page
        </Title>
        <Text c="dimmed">The address may have a typing mistake.</Text>
        <ButtonLink to="/" mt="md">
          Go to the overview
        </ButtonLink>
      </Stack>
    </Center>
  );
}
