import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, bodyOf } from "@/api/client";
import { keysQuery } from "@/features/keys/api/get-keys";

type KeyRename = { id: string; name: string };

const renameKey = ({ id, name }: KeyRename) => bodyOf(api.PATCH("/api/keys/{id}", { params: { path: { id } }, body: { name } }));

export function useRenameKey() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: renameKey,
    onSuccess: () => queryClient.invalidateQueries({ queryKey: keysQuery().queryKey }),
  });
}
