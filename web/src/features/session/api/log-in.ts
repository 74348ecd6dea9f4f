import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, bodyOf } from "@/api/client";
import { meQuery } from "@/api/me";
import type { components } from "@/api/schema";

type Login = components["schemas"]["Login"];

const logIn = (body: Login) => bodyOf(api.POST("/api/login", { body }));

export function useLogIn() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: logIn,
    onSuccess: (me) => queryClient.setQueryData(meQuery().queryKey, me),
  });
}
