import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { KeyRound } from "lucide-react";
import { useMe } from "@/api/me";
import { Snippet } from "@/components/snippet";
import type { CreatedKey } from "@/features/keys/api/create-key";

/** The only time that the secret is shown: the server keeps a digest of it. */
export function NewSecret({ created, onDone }: { created: CreatedKey; onDone: () => void }) {
  const { base_url } = useMe();
  return (
    <Stack>
      <Alert color="orange" icon={<KeyRound size={18} aria-hidden />}>
        This is the only time the secret is shown. Put it where your other secrets are before you close this.
      </Alert>
      <div data-testid="new-secret">
        <Snippet title={created.key.name} text={created.secret} copyLabel="Copy secret" wrap />
      </div>
      <Text size="sm" c="dimmed">
        The official OpenAI clients read these two lines, nothing else changes:
      </Text>
      <Snippet
        title="Terminal"
        text={`export OPENAI_BASE_URL=${base_url}\nexport OPENAI_API_KEY=${created.secret}`}
        copyLabel="Copy environment lines"
      />
      <Group justify="flex-end">
        <Button onClick={onDone}>I have saved it</Button>
      </Group>
    </Stack>
  );
}
