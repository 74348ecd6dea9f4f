import { useMutation } from "@tanstack/react-query";
import { api, bodyOf } from "@/api/client";
import type { components } from "@/api/schema";

type PasswordChange = components["schemas"]["PasswordChange"];

const changePassword = (body: PasswordChange) => bodyOf(api.POST("/api/password", { body }));

/** Other sessions end; this one goes on. */
export const useChangePassword = () => useMutation({ mutationFn: changePassword });
