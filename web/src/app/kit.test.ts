import { expect, it } from "vitest";
import kit from "@/app/kit.css?raw";

const sources = import.meta.glob<string>("/src/**/*.tsx", { query: "?raw", import: "default", eager: true });
const sheets = Object.keys(import.meta.glob("/node_modules/@mantine/core/styles/*.css"));

it("every component that the console takes from the kit comes with its styles", () => {
  const used = new Set(Object.values(sources).flatMap(kitImports));
  expect(used).toContain("Button");
  const withSheet = [...used].filter((name) => sheets.some((sheet) => sheet.endsWith(`/${name}.css`)));
  expect(withSheet.filter((name) => !kit.includes(`/styles/${name}.css"`))).toEqual([]);
});

function kitImports(source: string): string[] {
  const names = /import \{([^}]*)\} from "@mantine\/core"/.exec(source)?.[1] ?? "";
  return names.split(",").map((name) => name.trim());
}
