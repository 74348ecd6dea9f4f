import type { QueryClient } from "@tanstack/react-query";
import { redirect } from "@tanstack/react-router";
import { meQuery } from "@/api/me";
import { ProblemError } from "@/lib/problem";

declare module "@tanstack/react-router" {
  interface HistoryState {
    /** Why the session ended, in the server's words. Not in the address, where anybody could write it. */
    reason?: string;
  }
}

/** Lets a visitor in who has a session; sends everybody else to the log-in page with the reason. */
export async function requireSession(queryClient: QueryClient, href: string): Promise<void> {
  try {
    await queryClient.ensureQueryData(meQuery());
  } catch (error) {
    if (!(error instanceof ProblemError) || error.status !== 401) throw error;
    throw redirect({ to: "/login", search: { from: returnPath(href) }, state: { reason: error.message } });
  }
}

/** A path of this console to go back to after logging in, or nothing: never another site. */
export function returnPath(value: unknown): string | undefined {
  if (typeof value !== "string" || value === "/") return undefined;
  return /^\/(?![/\\])/.test(value) ? value : undefined;
}
