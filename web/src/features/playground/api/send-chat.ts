import { readChatStream, type Receipt } from "@/features/playground/api/chat-stream";
import { forgetPlaygroundKey, playgroundSecret } from "@/features/playground/api/playground-key";

export type Message = { role: "system" | "user" | "assistant"; content: string };

export type Conversation = { model: string; messages: Message[] };

type SendOptions = {
  tenant_id: string;
  conversation: Conversation;
  /** Stops the reply. What came until then stands, and is what is paid for. */
  signal: AbortSignal;
  onText: (text: string) => void;
  onReceipt: (receipt: Receipt) => void;
};

/** Sends a conversation as any program would: with a key, to `/v1`. Throws an `Error` with the gateway's sentence when it is refused. */
export async function sendChat({ tenant_id, conversation, signal, onText, onReceipt }: SendOptions): Promise<void> {
  let response = await post(await playgroundSecret(tenant_id), conversation, signal);
  if (response.status === 401) {
    // Somebody revoked the key: one more attempt with a new one.
    forgetPlaygroundKey();
    response = await post(await playgroundSecret(tenant_id), conversation, signal);
  }
  if (!response.ok || !response.body) throw new Error(await refusalOf(response));
  for await (const event of readChatStream(response.body)) {
    if (event.type === "text") onText(event.text);
    else onReceipt(event.receipt);
  }
}

function post(secret: string, { model, messages }: Conversation, signal: AbortSignal): Promise<Response> {
  return fetch("/v1/chat/completions", {
    method: "POST",
    signal,
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
    body: JSON.stringify({ model, messages, stream: true, stream_options: { include_usage: true } }),
  });
}

/** The sentence in OpenAI's error envelope. */
async function refusalOf(response: Response): Promise<string> {
  const body: unknown = await response.json().catch(() => null);
  const envelope = body as { error?: { message?: string } } | null;
  return envelope?.error?.message ?? `the gateway answered ${response.status} without saying why`;
}
