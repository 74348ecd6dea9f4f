import { useMutation } from "@tanstack/react-query";
import { api, bodyOf } from "@/api/client";

const logOut = () => bodyOf(api.POST("/api/logout"));

export const useLogOut = () => useMutation({ mutationFn: logOut });
