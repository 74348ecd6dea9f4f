import { queryOptions, useQuery } from "@tanstack/react-query";
import { api, bodyOf } from "@/api/client";
import type { components } from "@/api/schema";

export type UsageSummary = components["schemas"]["UsageSummary"];

export const usageSummaryQuery = (period: string) =>
  queryOptions({
    queryKey: ["usage", "summary", period],
    queryFn: ({ signal }) => bodyOf(api.GET("/api/usage/summary", { signal, params: { query: { period } } })),
  });

export const useUsageSummary = (period: string) => useQuery(usageSummaryQuery(period));
