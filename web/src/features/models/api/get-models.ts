import { queryOptions, useQuery } from "@tanstack/react-query";
import { api, bodyOf } from "@/api/client";
import type { components } from "@/api/schema";

export type Model = components["schemas"]["Model"];

/** The catalogue changes when an operator applies a new version: rarely. */
export const modelsQuery = () =>
  queryOptions({
    queryKey: ["models"],
    queryFn: ({ signal }) => bodyOf(api.GET("/api/models", { signal })),
    staleTime: 10 * 60_000,
  });

export const useModels = () => useQuery(modelsQuery());
