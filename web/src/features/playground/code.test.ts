import { expect, it } from "vitest";
import { codeFor } from "@/features/playground/code";

const conversation = { model: "gpt-4.1", messages: [{ role: "user" as const, content: `It's a "quote"\nand $HOME` }] };

it("the shell hands curl exactly what was typed", () => {
  const code = codeFor("curl", "http://localhost:8080/v1", conversation);
  const quoted = code.slice(code.indexOf("-d '") + 4, code.lastIndexOf("'")).replaceAll(`'\\''`, "'");
  expect(JSON.parse(quoted)).toEqual({ ...conversation, stream: true });
});

it("quotes and line breaks stay inside their literals, and no secret is in the code", () => {
  for (const language of ["python", "node"] as const) {
    const code = codeFor(language, "http://localhost:8080/v1", conversation);
    expect(code).toContain(`"It's a \\"quote\\"\\nand $HOME"`);
    expect(code).toContain(`"http://localhost:8080/v1"`);
    expect(code).not.toContain("tp_");
  }
});
