import { Badge } from "@mantine/core";

/** Why a request ended, in the words of its usage row. A reason that is new to this page is shown as it is. */
const OUTCOMES: Record<string, { label: string; color: string }> = {
  completed: { label: "Completed", color: "brand" },
  client_gone: { label: "Client left", color: "orange" },
  upstream_error: { label: "Provider error", color: "red" },
  crash: { label: "Recovered", color: "orange" },
};

export function OutcomeBadge({ reason }: { reason: string }) {
  const outcome = OUTCOMES[reason] ?? { label: reason.replaceAll("_", " "), color: "gray" };
  return <Badge color={outcome.color}>{outcome.label}</Badge>;
}
