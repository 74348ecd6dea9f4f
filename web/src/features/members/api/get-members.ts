import { queryOptions, useQuery } from "@tanstack/react-query";
import { api, bodyOf } from "@/api/client";
import type { components } from "@/api/schema";

export type Member = components["schemas"]["Member"];

export const membersQuery = () =>
  queryOptions({
    queryKey: ["members"],
    queryFn: ({ signal }) => bodyOf(api.GET("/api/members", { signal })),
  });

export const useMembers = () => useQuery(membersQuery());
