import { act, renderHook } from "@testing-library/react";
import { QueryClientProvider } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { useChat } from "@/features/playground/api/use-chat";
import { consoleClient } from "@/testing/render";

/** A gateway with one stream under the test's control. */
function standIn({ refusals = 0 } = {}) {
  const keys: string[] = [];
  const used: string[] = [];
  const bodies: unknown[] = [];
  let stream: ReadableStreamDefaultController<Uint8Array> | null = null;
  let refused = 0;
  vi.stubGlobal("fetch", async (input: Request | string, init?: RequestInit) => {
    if (input instanceof Request) {
      keys.push(`tp_live_${keys.length + 1}`);
      const key = { id: String(keys.length), name: "Playground" };
      return Response.json({ key, secret: keys.at(-1) }, { status: 201 });
    }
    used.push(new Headers(init?.headers).get("authorization") ?? "");
    bodies.push(JSON.parse(init?.body as string));
    if (refused++ < refusals) return Response.json({ error: { message: "Incorrect API key provided: it was revoked" } }, { status: 401 });
    const body = new ReadableStream<Uint8Array>({ start: (controller) => void (stream = controller) });
    init?.signal?.addEventListener("abort", () => stream?.error(new DOMException("aborted", "AbortError")));
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  });
  const say = (text: string) => act(async () => stream?.enqueue(new TextEncoder().encode(text)));
  const chunk = (content: string) => say(`data: ${JSON.stringify({ model: "m", choices: [{ delta: { content } }] })}\n\n`);
  const end = () => act(async () => stream?.close());
  return { keys, used, bodies, say, chunk, end };
}

function chat() {
  const client = consoleClient();
  return renderHook(() => useChat(), { wrapper: ({ children }) => <QueryClientProvider client={client}>{children}</QueryClientProvider> });
}

const question = { model: "gpt-4.1", system: "Be brief.", prompt: "Hello?" };

beforeEach(() => sessionStorage.clear());
afterEach(() => vi.unstubAllGlobals());

it("text appears as it comes, then what it cost with every digit", async () => {
  const gateway = standIn();
  const { result } = chat();
  await act(async () => void result.current.send(question));
  await gateway.chunk("Good ");
  expect(result.current.turns[0]).toMatchObject({ state: "streaming", text: "Good " });
  // Cut in the middle of a line, as networks do.
  await gateway.say(': keep-alive\n\ndata: {"model":"m","choices":[{"delta":{"con');
  await gateway.say('tent":"day."}}]}\n\n');
  await gateway.say('data: {"model":"m","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2,"cost":0.00000012},"cost_usd":0.00000012}\n\ndata: [DONE]\n\n');
  await vi.waitFor(() => expect(result.current.turns[0]?.state).toBe("done"));
  expect(result.current.turns[0]).toMatchObject({ text: "Good day.", receipt: { completion_tokens: 2 } });
  expect(Number(result.current.turns[0]?.receipt?.cost_usd)).toBe(0.00000012);
  expect(result.current.busy).toBe(false);
});

it("stopping keeps what came, and the next question tells the model about it", async () => {
  const gateway = standIn();
  const { result } = chat();
  await act(async () => void result.current.send(question));
  await gateway.chunk("Half an ans");
  await act(async () => result.current.stop());
  await vi.waitFor(() => expect(result.current.turns[0]).toMatchObject({ state: "stopped", text: "Half an ans", error: null }));
  await act(async () => void result.current.send({ ...question, prompt: "Go on." }));
  expect(gateway.bodies[1]).toMatchObject({
    messages: [
      { role: "system", content: "Be brief." },
      { role: "user", content: "Hello?" },
      { role: "assistant", content: "Half an ans" },
      { role: "user", content: "Go on." },
    ],
  });
});

it("one key serves the tab, is kept in session storage alone, and is replaced when it was revoked", async () => {
  const gateway = standIn({ refusals: 1 });
  const { result } = chat();
  await act(async () => void result.current.send(question));
  await gateway.chunk("Yes.");
  await gateway.end();
  await vi.waitFor(() => expect(result.current.turns[0]?.state).toBe("done"));
  await act(async () => void result.current.send(question));
  expect(gateway.used).toEqual(["Bearer tp_live_1", "Bearer tp_live_2", "Bearer tp_live_2"]);
  expect(gateway.keys).toHaveLength(2);
  expect(JSON.stringify(localStorage)).not.toContain("tp_live");
  expect(JSON.stringify(sessionStorage)).toContain("tp_live_2");
});

it("a refusal is shown in the gateway's words", async () => {
  standIn({ refusals: 2 });
  const { result } = chat();
  await act(async () => result.current.send(question));
  expect(result.current.turns[0]).toMatchObject({ state: "failed", error: "Incorrect API key provided: it was revoked" });
});
