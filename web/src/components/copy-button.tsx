import { Button } from "@mantine/core";
import { Check, Copy } from "lucide-react";
import { useState } from "react";
import { copyText } from "@/lib/clipboard";

/** Long enough to be noticed, short enough to copy again. */
const CONFIRMED_MS = 2000;

type CopyButtonProps = { text: string; label: string; variant?: "default" | "filled" };

/** `label` is what a screen reader hears: "Copy secret". */
export function CopyButton({ text, label, variant = "default" }: CopyButtonProps) {
  const [outcome, setOutcome] = useState<"copied" | "failed" | null>(null);

  async function copy() {
    setOutcome((await copyText(text)) ? "copied" : "failed");
    setTimeout(() => setOutcome(null), CONFIRMED_MS);
  }

  const Icon = outcome === "copied" ? Check : Copy;
  return (
    <Button size="compact-sm" style={{ flexShrink: 0 }} variant={variant} onClick={copy} aria-label={label} leftSection={<Icon size={14} aria-hidden />}>
      <span aria-live="polite">{outcome === "copied" ? "Copied" : outcome === "failed" ? "Select and copy by hand" : "Copy"}</span>
    </Button>
  );
}
