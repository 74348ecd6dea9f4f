import type { QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import { Failure } from "@/app/shell/failure";
import { NotFound } from "@/app/shell/not-found";
import { Shell } from "@/app/shell/shell";
import { requireSession, returnPath } from "@/app/session-guard";
import { marketServedQuery } from "@/features/market/api/get-market-served";
import { parsePeriod } from "@/lib/period";
import { parseSymbol } from "@/lib/symbol";

const root = createRootRouteWithContext<{ queryClient: QueryClient }>()();

const login = createRoute({
  getParentRoute: () => root,
  path: "/login",
  validateSearch: (search): { from?: string } => ({ from: returnPath(search.from) }),
  component: lazyRouteComponent(() => import("@/app/pages/log-in-page"), "LogInPage"),
});

const signup = createRoute({
  getParentRoute: () => root,
  path: "/signup",
  component: lazyRouteComponent(() => import("@/app/pages/sign-up-page"), "SignUpPage"),
});

/** Everything below needs a session. */
const console = createRoute({
  getParentRoute: () => root,
  id: "console",
  beforeLoad: ({ context, location }) => requireSession(context.queryClient, location.href),
  // Before the navigation is drawn, because an entry that comes later would push the others down.
  loader: ({ context }) => context.queryClient.ensureQueryData(marketServedQuery()),
  component: Shell,
});

const overview = createRoute({
  getParentRoute: () => console,
  path: "/",
  component: lazyRouteComponent(() => import("@/app/pages/overview-page"), "OverviewPage"),
});

const playground = createRoute({
  getParentRoute: () => console,
  path: "/playground",
  component: lazyRouteComponent(() => import("@/app/pages/playground-page"), "PlaygroundPage"),
});

const market = createRoute({
  getParentRoute: () => console,
  path: "/market",
  validateSearch: (search): { symbol?: string } => ({ symbol: parseSymbol(search.symbol) }),
  component: lazyRouteComponent(() => import("@/app/pages/market-page"), "MarketPage"),
});

const keys = createRoute({
  getParentRoute: () => console,
  path: "/keys",
  component: lazyRouteComponent(() => import("@/app/pages/keys-page"), "KeysPage"),
});

/** The month in the address, so that a page can be reloaded and sent; absent means the running one. */
const periodSearch = (search: Record<string, unknown>): { period?: string } => ({ period: parsePeriod(search.period) });

const usage = createRoute({
  getParentRoute: () => console,
  path: "/usage",
  validateSearch: periodSearch,
  component: lazyRouteComponent(() => import("@/app/pages/usage-page"), "UsagePage"),
});

const invoice = createRoute({
  getParentRoute: () => console,
  path: "/invoice",
  validateSearch: periodSearch,
  component: lazyRouteComponent(() => import("@/app/pages/invoice-page"), "InvoicePage"),
});

const models = createRoute({
  getParentRoute: () => console,
  path: "/models",
  component: lazyRouteComponent(() => import("@/app/pages/models-page"), "ModelsPage"),
});

const settings = createRoute({
  getParentRoute: () => console,
  path: "/settings",
  component: lazyRouteComponent(() => import("@/app/pages/settings-page"), "SettingsPage"),
});

const routeTree = root.addChildren([
  login,
  signup,
  console.addChildren([overview, playground, market, keys, usage, invoice, models, settings]),
]);

export function createConsoleRouter(queryClient: QueryClient) {
  return createRouter({
    routeTree,
    context: { queryClient },
    defaultPreload: "intent",
    defaultErrorComponent: Failure,
    defaultNotFoundComponent: NotFound,
    scrollRestoration: true,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createConsoleRouter>;
  }
}
