import { api, bodyOf } from "@/api/client";

/** A ticket admits one WebSocket within a minute. It is asked for before each connection and kept nowhere. */
export async function createTicket(): Promise<string> {
  const { ticket } = await bodyOf(api.POST("/api/market/tickets"));
  return ticket;
}
