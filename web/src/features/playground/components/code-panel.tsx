import { SegmentedControl, Stack } from "@mantine/core";
import { useState } from "react";
import { useMe } from "@/api/me";
import { Panel } from "@/components/panel";
import { Snippet } from "@/components/snippet";
import type { Conversation } from "@/features/playground/api/send-chat";
import { codeFor, type Language } from "@/features/playground/code";

const LANGUAGES: { value: Language; label: string }[] = [
  { value: "python", label: "Python" },
  { value: "node", label: "Node" },
  { value: "curl", label: "curl" },
];

/** What the page does, as a program to take along. */
export function CodePanel({ conversation }: { conversation: Conversation }) {
  const { base_url } = useMe();
  const [language, setLanguage] = useState<Language>("python");
  const label = LANGUAGES.find(({ value }) => value === language)?.label ?? language;
  return (
    <Panel title="Take it along" lead="The official OpenAI clients, with another base URL.">
      <Stack gap="sm">
        <SegmentedControl
          data={LANGUAGES}
          value={language}
          onChange={(value) => setLanguage(value)}
          aria-label="Language"
          style={{ alignSelf: "flex-start" }}
        />
        <Snippet title={label} text={codeFor(language, base_url, conversation)} copyLabel={`Copy ${label} code`} />
      </Stack>
    </Panel>
  );
}
