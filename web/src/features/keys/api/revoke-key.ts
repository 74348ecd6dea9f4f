import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, bodyOf } from "@/api/client";
import { keysQuery } from "@/features/keys/api/get-keys";

const revokeKey = (id: string) => bodyOf(api.DELETE("/api/keys/{id}", { params: { path: { id } } }));

/** Final: a revoked key is refused from then on and cannot be brought back. */
export function useRevokeKey() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: revokeKey,
    onSuccess: () => queryClient.invalidateQueries({ queryKey: keysQuery().queryKey }),
  });
}
