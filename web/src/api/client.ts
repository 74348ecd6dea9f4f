import createClient from "openapi-fetch";
import type { paths } from "@/api/schema";
import { ProblemError } from "@/lib/problem";
import { sessionFetch } from "@/lib/session-fetch";

/** The console API, typed by the server's own description of it (`npm run generate`). */
export const api = createClient<paths>({ baseUrl: window.location.origin, fetch: sessionFetch });

type Answer<Body> = { data?: Body; error?: unknown; response: Response };

/** The body of a success; anything else is thrown as the problem that the server described. */
export async function bodyOf<Body>(pending: Promise<Answer<Body>>): Promise<Body> {
  const { data, error, response } = await pending;
  if (!response.ok) throw ProblemError.from(response, error);
  return data as Body;
}
