import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import type { ReactNode } from "react";
import { vi } from "vitest";
import { meQuery, type Me } from "@/api/me";
import { theme } from "@/app/theme";

const me: Me = {
  user: { id: "5c3f1d0e-0000-4000-8000-000000000001", email: "ada@example.test" },
  tenant: { id: "5c3f1d0e-0000-4000-8000-000000000002", name: "Example", currency: "USD", plan: "default", status: "active" },
  role: "owner",
  actions: ["keys.read", "keys.write"],
  simulated_providers: false,
  base_url: "http://localhost:8080/v1",
};

/** The cache of somebody who is logged in. */
export function consoleClient(): QueryClient {
  const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  queryClient.setQueryData(meQuery().queryKey, me);
  return queryClient;
}

/** Shows a component as somebody who is logged in sees it. Returns the cache, to look into. */
export function renderInConsole(children: ReactNode): QueryClient {
  const queryClient = consoleClient();
  render(
    <MantineProvider theme={theme} env="test">
      <QueryClientProvider client={queryClient}>{children}</QueryClientProvider>
    </MantineProvider>,
  );
  return queryClient;
}

/** Answers every request with this, and keeps what was sent as `POST /path {body}`. */
export function answerWith(status: number, body: unknown): string[] {
  const sent: string[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    sent.push(`${request.method} ${new URL(request.url).pathname} ${await request.text()}`);
    return new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });
  });
  return sent;
}
