import { queryOptions, useQuery } from "@tanstack/react-query";
import { api, bodyOf } from "@/api/client";
import type { components } from "@/api/schema";

export type Balance = components["schemas"]["Balance"];

export const balanceQuery = () =>
  queryOptions({
    queryKey: ["balance"],
    queryFn: ({ signal }) => bodyOf(api.GET("/api/balance", { signal })),
  });

export const useBalance = () => useQuery(balanceQuery());
