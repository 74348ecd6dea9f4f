import { infiniteQueryOptions, useInfiniteQuery } from "@tanstack/react-query";
import { api, bodyOf } from "@/api/client";
import type { components } from "@/api/schema";

export type Key = components["schemas"]["Key"];

export const keysQuery = () =>
  infiniteQueryOptions({
    queryKey: ["keys"],
    queryFn: ({ signal, pageParam }) => bodyOf(api.GET("/api/keys", { signal, params: { query: { cursor: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });

/** Keys of the organisation, revoked ones too, as one list over the pages fetched so far. */
export const useKeys = () =>
  useInfiniteQuery({ ...keysQuery(), select: ({ pages }) => pages.flatMap((page) => page.items) });
