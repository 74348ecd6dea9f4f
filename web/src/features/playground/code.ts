import type { Conversation } from "@/features/playground/api/send-chat";

export type Language = "python" | "node" | "curl";

/** The same conversation as a program that runs as it stands, with the key read from the environment. */
export function codeFor(language: Language, base_url: string, conversation: Conversation): string {
  return WRITERS[language](base_url, conversation);
}

const WRITERS: Record<Language, (base_url: string, conversation: Conversation) => string> = {
  python: (base_url, { model, messages }) => `from openai import OpenAI

# The key is read from OPENAI_API_KEY.
client = OpenAI(base_url=${text(base_url)})

stream = client.chat.completions.create(
    model=${text(model)},
    messages=[
${messages.map(({ role, content }) => `        {"role": "${role}", "content": ${text(content)}},`).join("\n")}
    ],
    stream=True,
)
for chunk in stream:
    if chunk.choices:
        print(chunk.choices[0].delta.content or "", end="", flush=True)
`,
  node: (base_url, { model, messages }) => `import OpenAI from "openai";

// The key is read from OPENAI_API_KEY.
const client = new OpenAI({ baseURL: ${text(base_url)} });

const stream = await client.chat.completions.create({
  model: ${text(model)},
  messages: [
${messages.map(({ role, content }) => `    { role: "${role}", content: ${text(content)} },`).join("\n")}
  ],
  stream: true,
});
for await (const chunk of stream) {
  process.stdout.write(chunk.choices[0]?.delta?.content ?? "");
}
`,
  curl: (base_url, { model, messages }) => `curl -N ${base_url}/chat/completions \\
  -H "Authorization: Bearer $OPENAI_API_KEY" \\
  -H "Content-Type: application/json" \\
  -d ${shellQuoted(JSON.stringify({ model, messages, stream: true }, null, 2))}
`,
};

/** A JSON string is a literal in Python and in JavaScript alike. */
function text(value: string): string {
  return JSON.stringify(value);
}

/** In single quotes a shell changes nothing; a quote itself ends them, stands escaped, and opens them again. */
function shellQuoted(value: string): string {
  return `'${value.replaceAll("'", `'\\''`)}'`;
}
