import { ProblemError } from "@/lib/problem";
import { sessionFetch } from "@/lib/session-fetch";

/** A ticket admits one WebSocket within seconds. It is asked for before each connection and kept nowhere. */
export async function createTicket(): Promise<string> {
  const response = await sessionFetch(new Request(new URL("/api/market/tickets", window.location.origin), { method: "POST" }));
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok) throw ProblemError.from(response, body);
  if (typeof body === "object" && body !== null && "ticket" in body && typeof body.ticket === "string") return body.ticket;
  throw ProblemError.from(response, null);
}
