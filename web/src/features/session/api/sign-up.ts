import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, bodyOf } from "@/api/client";
import { meQuery } from "@/api/me";
import type { components } from "@/api/schema";

type SignUp = components["schemas"]["SignUp"];

const signUp = (body: SignUp) => bodyOf(api.POST("/api/signup", { body }));

/** Creates the account and its organisation; the server logs in at once. */
export function useSignUp() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: signUp,
    onSuccess: (me) => queryClient.setQueryData(meQuery().queryKey, me),
  });
}
