/** What a reply cost and took, in the gateway's words. Rides on the last chunk of a stream. */
export type Receipt = {
  /** US dollars, with the digits that were sent. */
  cost_usd: string;
  prompt_tokens: number;
  completion_tokens: number;
  model: string;
  provider: string | null;
};

export type ChatEvent = { type: "text"; text: string } | { type: "receipt"; receipt: Receipt };

type Chunk = {
  model: string;
  choices?: { delta?: { content?: string | null } }[];
  usage?: { prompt_tokens: number; completion_tokens: number } | null;
  cost_usd?: string;
  routing?: { provider?: string | null };
  error?: { message?: string };
};

/** The events of a streamed chat completion as they arrive. Throws what the gateway reports in the middle of a stream. */
export async function* readChatStream(body: ReadableStream<Uint8Array>): AsyncGenerator<ChatEvent> {
  for await (const payload of readEvents(body)) {
    if (payload === "[DONE]") return;
    const chunk = parseChunk(payload);
    if (chunk.error) throw new Error(chunk.error.message ?? "the stream ended with an error");
    const text = chunk.choices?.[0]?.delta?.content;
    if (text) yield { type: "text", text };
    if (chunk.usage && chunk.cost_usd !== undefined) yield { type: "receipt", receipt: receiptOf(chunk, chunk.usage, chunk.cost_usd) };
  }
}

function receiptOf({ model, routing }: Chunk, usage: NonNullable<Chunk["usage"]>, cost_usd: string): Receipt {
  const { prompt_tokens, completion_tokens } = usage;
  return { cost_usd, prompt_tokens, completion_tokens, model, provider: routing?.provider ?? null };
}

/** A cost is a number in OpenAI's dialect. Its digits are kept as text where the browser gives them. */
function parseChunk(payload: string): Chunk {
  const keepDigits = (name: string, value: unknown, context?: { source?: string }): unknown =>
    name === "cost_usd" && typeof value === "number" ? (context?.source ?? String(value)) : value;
  return JSON.parse(payload, keepDigits) as Chunk;
}

/** The `data` of server-sent events. Comments that keep the line alive are passed over. */
async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      const lines = (rest + decoder.decode(value, { stream: !done })).split("\n");
      rest = done ? "" : (lines.pop() ?? "");
      for (const line of lines) {
        if (line.startsWith("data:")) yield line.slice("data:".length).trim();
      }
      if (done) return;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
