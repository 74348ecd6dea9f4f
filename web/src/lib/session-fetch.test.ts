import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { sessionFetch } from "@/lib/session-fetch";

const ORIGIN = "http://console.test";
const expired = () => problem(401, "session_expired");
const problem = (status: number, code: string) => new Response(JSON.stringify({ code }), { status });

/** Answers each path with its list of replies in order, and keeps what was sent. */
function gateway(replies: Record<string, (() => Response)[]>) {
  const sent: { path: string; csrf: string | null; body: string }[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    const path = new URL(request.url).pathname;
    sent.push({ path, csrf: request.headers.get("x-csrf-token"), body: await request.text() });
    const reply = replies[path]?.shift();
    if (!reply) throw new Error(`no reply left for ${path}`);
    return reply();
  });
  return sent;
}

beforeEach(() => (document.cookie = "turnpike_csrf=token"));
afterEach(() => vi.unstubAllGlobals());

it("an expired session is renewed once and the same request repeated", async () => {
  const sent = gateway({
    "/api/keys": [expired, () => new Response("{}", { status: 201 })],
    "/api/session/refresh": [() => new Response(null, { status: 204 })],
  });
  const response = await sessionFetch(new Request(`${ORIGIN}/api/keys`, { method: "POST", body: "name" }));
  expect(response.status).toBe(201);
  expect(sent.map(({ path }) => path)).toEqual(["/api/keys", "/api/session/refresh", "/api/keys"]);
  expect(sent.map(({ csrf }) => csrf)).toEqual(["token", "token", "token"]);
  expect(sent[2]?.body).toBe("name");
});

it("a request that expires again is not repeated again", async () => {
  const sent = gateway({
    "/api/me": [expired, expired],
    "/api/session/refresh": [() => new Response(null, { status: 204 })],
  });
  expect((await sessionFetch(new Request(`${ORIGIN}/api/me`))).status).toBe(401);
  expect(sent).toHaveLength(3);
});

it("a refused renewal is the answer, because it says why", async () => {
  gateway({ "/api/me": [expired], "/api/session/refresh": [() => problem(401, "session_revoked")] });
  const response = await sessionFetch(new Request(`${ORIGIN}/api/me`));
  expect(await response.json()).toEqual({ code: "session_revoked" });
});

it("requests that expire together share one renewal", async () => {
  const done = () => new Response("{}");
  const sent = gateway({
    "/api/me": [expired, done],
    "/api/keys": [expired, done],
    "/api/session/refresh": [() => new Response(null, { status: 204 })],
  });
  const requests = ["/api/me", "/api/keys"].map((path) => sessionFetch(new Request(ORIGIN + path)));
  expect((await Promise.all(requests)).map(({ status }) => status)).toEqual([200, 200]);
  expect(sent.filter(({ path }) => path === "/api/session/refresh")).toHaveLength(1);
});

it("other refusals are left alone, and reading sends no token", async () => {
  const sent = gateway({ "/api/me": [() => problem(401, "no_session")] });
  expect((await sessionFetch(new Request(`${ORIGIN}/api/me`))).status).toBe(401);
  expect(sent).toEqual([{ path: "/api/me", csrf: null, body: "" }]);
});
