import { Box } from "@mantine/core";
import { useRouter, type ErrorComponentProps } from "@tanstack/react-router";
import { ProblemAlert } from "@/components/problem-alert";

/** Stands in for a page that could not be shown at all. */
export function Failure({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  async function retry() {
    reset();
    await router.invalidate();
  }
  return (
    <Box maw={640} mx="auto" p="lg">
      <ProblemAlert error={error} onRetry={() => void retry()} />
    </Box>
  );
}
