import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, bodyOf } from "@/api/client";
import type { components } from "@/api/schema";
import { keysQuery } from "@/features/keys/api/get-keys";

export type NewKey = components["schemas"]["NewKey"];
export type CreatedKey = components["schemas"]["CreatedKey"];

const createKey = (body: NewKey) => bodyOf(api.POST("/api/keys", { body }));

/** The answer holds the secret, which nobody can read again: it is kept by the dialog alone, never in the cache. */
export function useCreateKey() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: createKey,
    gcTime: 0,
    onSuccess: () => queryClient.invalidateQueries({ queryKey: keysQuery().queryKey }),
  });
}
