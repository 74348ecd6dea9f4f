import { queryOptions, useQuery } from "@tanstack/react-query";
import { api, bodyOf } from "@/api/client";
import type { components } from "@/api/schema";

export type DraftInvoice = components["schemas"]["DraftInvoice"];

export const draftInvoiceQuery = (period: string) =>
  queryOptions({
    queryKey: ["invoices", "draft", period],
    queryFn: ({ signal }) => bodyOf(api.GET("/api/invoices/draft", { signal, params: { query: { period } } })),
  });

export const useDraftInvoice = (period: string) => useQuery(draftInvoiceQuery(period));
