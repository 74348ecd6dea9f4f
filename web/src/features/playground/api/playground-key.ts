import { api, bodyOf } from "@/api/client";

/** One per browser tab: session storage ends with the tab, and other tabs cannot read it. */
const STORED_AS = "turnpike.playground-key";

type StoredKey = { tenant_id: string; id: string; secret: string };

/** The secret of the key that the playground sends with; made at the first use, so that looking at the page makes none. */
export async function playgroundSecret(tenant_id: string): Promise<string> {
  const stored = read();
  if (stored?.tenant_id === tenant_id) return stored.secret;
  const { key, secret } = await bodyOf(api.POST("/api/keys", { body: { name: "Playground", environment: "live" } }));
  sessionStorage.setItem(STORED_AS, JSON.stringify({ tenant_id, id: key.id, secret } satisfies StoredKey));
  return secret;
}

/** After the key was refused: the next use makes another. */
export function forgetPlaygroundKey() {
  sessionStorage.removeItem(STORED_AS);
}

/** At log-out, so that no working key is left behind. It may have been revoked already, which is as good. */
export async function revokePlaygroundKey(): Promise<void> {
  const stored = read();
  forgetPlaygroundKey();
  if (stored) await api.DELETE("/api/keys/{id}", { params: { path: { id: stored.id } } }).catch(() => undefined);
}

function read(): StoredKey | null {
  const text = sessionStorage.getItem(STORED_AS);
  return text === null ? null : (JSON.parse(text) as StoredKey);
}
