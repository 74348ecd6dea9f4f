import { Stack, Text } from "@mantine/core";
import { Snippet } from "@/components/snippet";
import { useMe } from "@/api/me";

/** What an empty page shows: the line that fills it. The key is read from the shell, so that it is not left in its history. */
export function FirstRequest({ lead }: { lead: string }) {
  const { base_url } = useMe();
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">
        {lead}
      </Text>
      <Snippet title="Terminal" text={curlLine(base_url)} copyLabel="Copy curl command" />
    </Stack>
  );
}

function curlLine(base_url: string): string {
  return [
    `curl ${base_url}/chat/completions \\`,
    `  -H "Authorization: Bearer $OPENAI_API_KEY" \\`,
    `  -H "Content-Type: application/json" \\`,
    `  -d '{"model":"gpt-4.1","messages":[{"role":"user","content":"Say hello."}]}'`,
  ].join("\n");
}
