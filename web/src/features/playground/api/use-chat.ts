import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useMe } from "@/api/me";
import type { Receipt } from "@/features/playground/api/chat-stream";
import { sendChat, type Message } from "@/features/playground/api/send-chat";
import { ProblemError } from "@/lib/problem";

/** One question and its reply. */
export type Turn = {
  id: number;
  model: string;
  prompt: string;
  text: string;
  state: "waiting" | "streaming" | "done" | "stopped" | "failed";
  error: string | null;
  /** Absent when the reply was stopped: the gateway then bills what it had sent, which the usage page shows. */
  receipt: Receipt | null;
  /** From sending to the first character, and to the last. */
  first_text_ms: number | null;
  total_ms: number | null;
};

type Question = { model: string; system: string; prompt: string };

/** The turns of a conversation, and what sends the next one or stops it. */
export function useChat() {
  const { tenant } = useMe();
  const queryClient = useQueryClient();
  const [turns, setTurns] = useState<Turn[]>([]);
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);

  async function send({ model, system, prompt }: Question) {
    const id = turns.length;
    const change = (patch: (turn: Turn) => Partial<Turn>) =>
      setTurns((all) => all.map((turn) => (turn.id === id ? { ...turn, ...patch(turn) } : turn)));
    setTurns([...turns, { id, model, prompt, text: "", state: "waiting", error: null, receipt: null, first_text_ms: null, total_ms: null }]);

    const controller = new AbortController();
    running.current = controller;
    const sentAt = performance.now();
    const elapsed = () => Math.round(performance.now() - sentAt);
    try {
      await sendChat({
        tenant_id: tenant.id,
        conversation: { model, messages: messagesOf(system, turns, prompt) },
        signal: controller.signal,
        onText: (text) =>
          change((turn) => ({ text: turn.text + text, state: "streaming", first_text_ms: turn.first_text_ms ?? elapsed() })),
        onReceipt: (receipt) => change(() => ({ receipt })),
      });
      change(() => ({ state: "done", total_ms: elapsed() }));
    } catch (error) {
      if (controller.signal.aborted) change(() => ({ state: "stopped", total_ms: elapsed() }));
      else change(() => ({ state: "failed", error: reasonOf(error), total_ms: elapsed() }));
    } finally {
      running.current = null;
      for (const name of ["usage", "balance", "invoices", "keys"]) void queryClient.invalidateQueries({ queryKey: [name] });
    }
  }

  const stop = () => running.current?.abort();
  const clear = () => setTurns([]);
  const busy = turns.some(({ state }) => state === "waiting" || state === "streaming");
  return { turns, busy, send, stop, clear };
}

/** A reply that failed or is empty is no part of what the model is told. */
export function messagesOf(system: string, turns: Turn[], prompt: string): Message[] {
  const past = turns.filter(({ text, state }) => text !== "" && state !== "failed");
  return [
    ...(system.trim() ? [{ role: "system" as const, content: system }] : []),
    ...past.flatMap((turn) => [
      { role: "user" as const, content: turn.prompt },
      { role: "assistant" as const, content: turn.text },
    ]),
    { role: "user" as const, content: prompt },
  ];
}

function reasonOf(error: unknown): string {
  if (error instanceof ProblemError) return error.message;
  // What fetch throws when nobody answers.
  if (error instanceof TypeError) return "the gateway cannot be reached";
  return error instanceof Error ? error.message : "the reply could not be read";
}
