import { queryOptions, useSuspenseQuery } from "@tanstack/react-query";
import { api, bodyOf } from "@/api/client";
import type { components } from "@/api/schema";

export type Me = components["schemas"]["Me"];

/** Who is logged in. It rarely changes, but a role that was taken away should show within a few minutes. */
export const meQuery = () =>
  queryOptions({
    queryKey: ["me"],
    queryFn: ({ signal }) => bodyOf(api.GET("/api/me", { signal })),
    staleTime: 5 * 60_000,
  });

/** Below the session's route guard it is already loaded. */
export const useMe = (): Me => useSuspenseQuery(meQuery()).data;

/** Hides what the role may not do. The server decides; this only spares people a refusal. */
export const useMay = (action: string): boolean => useMe().actions.includes(action);
