import { queryOptions, useQuery } from "@tanstack/react-query";

/** Whether this gateway has a market lane at all: without one the address does not exist. Who may use it is another question. */
export const marketServedQuery = () =>
  queryOptions({
    queryKey: ["market", "served"],
    queryFn: async ({ signal }) => {
      const response = await fetch("/v1/market/exchanges", { signal }).catch(() => null);
      return response !== null && response.status !== 404 && response.status < 500;
    },
    staleTime: Infinity,
  });

export const useMarketServed = (): boolean => useQuery(marketServedQuery()).data ?? false;
