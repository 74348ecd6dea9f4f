import { Box, Button } from "@mantine/core";
import { Eraser } from "lucide-react";
import { useState } from "react";
import classes from "@/app/pages/playground-page.module.css";
import { Page } from "@/components/page";
import { Panel } from "@/components/panel";
import { useModels, type Model } from "@/features/models/api/get-models";
import { messagesOf, useChat } from "@/features/playground/api/use-chat";
import { CodePanel } from "@/features/playground/components/code-panel";
import { Composer } from "@/features/playground/components/composer";
import { Conversation } from "@/features/playground/components/conversation";
import { ModelSettings, type ModelChoice } from "@/features/playground/components/model-settings";
import { formatMoney, MICROS } from "@/lib/money";

/** Cheap to try, good enough to like; the first chat model where the catalogue has not got it. */
const FIRST_CHOICE = "gpt-4.1-mini";
const FIRST_PROMPT = "Explain in two sentences what an LLM gateway does.";

export function PlaygroundPage() {
  const { turns, busy, send, stop, clear } = useChat();
  const models = useModels();
  const choices = (models.data?.items ?? []).filter(({ mode }) => mode === "chat").map(choiceOf);
  const [picked, setPicked] = useState<string | null>(null);
  const [system, setSystem] = useState("");
  const [prompt, setPrompt] = useState(FIRST_PROMPT);
  const model = picked ?? choices.find(({ id }) => id === FIRST_CHOICE)?.id ?? choices[0]?.id ?? FIRST_CHOICE;
  // What is being written; while nothing is, what was sent last.
  const last = prompt.trim() === "" ? turns.at(-1) : undefined;
  const shown = { model, messages: last ? messagesOf(system, turns.slice(0, -1), last.prompt) : messagesOf(system, turns, prompt) };

  function sendPrompt() {
    setPrompt("");
    void send({ model, system, prompt });
  }

  const reset = (
    <Button variant="default" leftSection={<Eraser size={16} aria-hidden />} onClick={clear} disabled={busy || turns.length === 0}>
      Clear
    </Button>
  );
  return (
    <Page title="Playground" lead="Replies are billed like any other request, to a key named Playground." actions={reset}>
      <Box className={classes.columns}>
        <Box className={classes.settings}>
          <Panel>
            <ModelSettings choices={choices} model={model} onModel={setPicked} system={system} onSystem={setSystem} />
          </Panel>
        </Box>
        <Box className={classes.conversation}>
          <Panel flush>
            <Conversation turns={turns} />
            <Composer prompt={prompt} onChange={setPrompt} busy={busy} onSend={sendPrompt} onStop={stop} />
          </Panel>
        </Box>
      </Box>
      <CodePanel conversation={shown} />
    </Page>
  );
}

function choiceOf({ id, price }: Model): ModelChoice {
  return { id, note: `${formatMoney(price.input, MICROS)} in, ${formatMoney(price.output, MICROS)} out per million tokens` };
}
