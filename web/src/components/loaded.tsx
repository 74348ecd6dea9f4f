import { Box, Skeleton } from "@mantine/core";
import type { ReactNode } from "react";
import { ProblemAlert } from "@/components/problem-alert";

/** A query of one page or of many: what both have. */
type Query<Body> = { data: Body | undefined; isError: boolean; error: unknown; refetch: () => unknown };

type LoadedProps<Body> = {
  query: Query<Body>;
  /** Height of the grey block that stands in while loading, near that of the content so that nothing jumps. */
  height: number;
  children: (body: Body) => ReactNode;
};

/** What a request brought; until then a grey block, and on failure the reason. Older content outlives a failed reload. */
export function Loaded<Body>({ query, height, children }: LoadedProps<Body>) {
  if (query.data !== undefined) return <>{children(query.data)}</>;
  if (query.isError) {
    return (
      <Box p="md">
        <ProblemAlert error={query.error} onRetry={() => void query.refetch()} />
      </Box>
    );
  }
  return (
    <Box p="md" aria-busy="true" aria-label="Loading">
      <Skeleton height={height} />
    </Box>
  );
}
