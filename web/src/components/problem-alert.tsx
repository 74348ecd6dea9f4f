import { Alert, Button, Group, Text } from "@mantine/core";
import { TriangleAlert } from "lucide-react";
import { explain } from "@/lib/problem";

type ProblemAlertProps = { error: unknown; onRetry?: () => void };

/** Says what the server said. */
export function ProblemAlert({ error, onRetry }: ProblemAlertProps) {
  return (
    <Alert color="red" variant="light" icon={<TriangleAlert size={18} aria-hidden />} role="alert">
      <Group justify="space-between" gap="xs">
        <Text size="sm">{explain(error)}</Text>
        {onRetry && (
          <Button size="compact-sm" variant="default" onClick={onRetry}>
            Try again
          </Button>
        )}
      </Group>
    </Alert>
  );
}
