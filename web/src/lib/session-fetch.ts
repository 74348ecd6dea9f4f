import { csrfToken } from "@/lib/csrf";

const SAFE_METHODS = ["GET", "HEAD"];
const REFRESH_PATH = "/api/session/refresh";

/**
 * `fetch` with the browser session: sends the CSRF token with everything that writes, and on a 401 `session_expired`
 * renews the session once and repeats the request. When renewing fails its answer is returned, because it says why.
 */
export async function sessionFetch(request: Request): Promise<Response> {
  const repeat = request.clone();
  const response = await send(request);
  if (!(await isSessionExpired(response))) return response;
  const renewal = await renewOnce();
  return renewal.ok ? send(repeat) : renewal;
}

function send(request: Request): Promise<Response> {
  const token = csrfToken(document.cookie);
  if (token && !SAFE_METHODS.includes(request.method)) request.headers.set("x-csrf-token", token);
  return fetch(request);
}

async function isSessionExpired(response: Response): Promise<boolean> {
  if (response.status !== 401) return false;
  const body: unknown = await response.clone().json().catch(() => null);
  return typeof body === "object" && body !== null && "code" in body && body.code === "session_expired";
}

/** The renewal under way, shared by all requests that found the session expired at the same time. */
let renewing: Promise<Response> | null = null;

async function renewOnce(): Promise<Response> {
  renewing ??= renewInTurn().finally(() => (renewing = null));
  return (await renewing).clone();
}

/**
 * Refresh tokens rotate, and using an old one revokes the session. So tabs take turns: the second then sends the
 * cookie that the first was given. Browsers have locks on https and loopback only; elsewhere tabs take the risk.
 */
async function renewInTurn(): Promise<Response> {
  const renew = () => send(new Request(new URL(REFRESH_PATH, window.location.origin), { method: "POST" }));
  const locks = (navigator as Partial<Navigator>).locks;
  return locks ? await locks.request("turnpike-session-refresh", renew) : renew();
}
