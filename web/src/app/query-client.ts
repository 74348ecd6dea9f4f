import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { ProblemError } from "@/lib/problem";

/** Figures older than this are fetched again when a page is opened or the window regains focus. */
const STALE_AFTER_MS = 10_000;
/** Repeats after a failure that may pass by itself. */
const RETRIES_MAX = 2;

/** `onSessionEnd` gets the server's reason when a request is refused because the login is over. */
export function createQueryClient(onSessionEnd: (reason: string) => void): QueryClient {
  const onError = (error: unknown) => {
    if (error instanceof ProblemError && error.endsSession) onSessionEnd(error.message);
  };
  return new QueryClient({
    queryCache: new QueryCache({
      onError: (error, query) => {
        // The first look at who is logged in belongs to the route guard, which knows where the visitor wanted to go.
        const guarded = query.queryKey[0] === "me" && query.state.data === undefined;
        if (!guarded) onError(error);
      },
    }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: { queries: { staleTime: STALE_AFTER_MS, retry: mayPass } },
  });
}

/** A refusal stays a refusal. Only a server error or an unreachable gateway is worth asking again. */
function mayPass(failures: number, error: unknown): boolean {
  const refused = error instanceof ProblemError && error.status < 500;
  return !refused && failures < RETRIES_MAX;
}
