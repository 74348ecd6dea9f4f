import { infiniteQueryOptions, useInfiniteQuery } from "@tanstack/react-query";
import { api, bodyOf } from "@/api/client";
import type { components } from "@/api/schema";
import { periodBounds } from "@/lib/period";

export type UsageRow = components["schemas"]["UsageRow"];

/** Fills a tall screen; older requests come page by page. */
const PAGE_ROWS = 50;

export const usageQuery = (period: string) =>
  infiniteQueryOptions({
    queryKey: ["usage", "rows", period],
    queryFn: ({ signal, pageParam }) => {
      const query = { ...periodBounds(period), cursor: pageParam, limit: PAGE_ROWS };
      return bodyOf(api.GET("/api/usage", { signal, params: { query } }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });

/** The month's requests, newest first, as one list over the pages fetched so far. */
export const useUsage = (period: string) =>
  useInfiniteQuery({ ...usageQuery(period), select: ({ pages }) => pages.flatMap((page) => page.items) });
