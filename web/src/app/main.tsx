import "@/app/kit.css";
import "@/app/global.css";
import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { createQueryClient } from "@/app/query-client";
import { createConsoleRouter } from "@/app/router";
import { cssVariables, theme } from "@/app/theme";
import { returnPath } from "@/app/session-guard";

const queryClient = createQueryClient(leaveForLogin);
const router = createConsoleRouter(queryClient);

/** Forgets what the last session saw and says at the log-in page why it ended. */
function leaveForLogin(reason: string) {
  const { pathname, href } = router.state.location;
  if (pathname === "/login" || pathname === "/signup") return;
  queryClient.clear();
  void router.navigate({ to: "/login", search: { from: returnPath(href) }, state: { reason } });
}

const element = document.getElementById("root");
if (!element) throw new Error("index.html has no element with the id root");

createRoot(element).render(
  <StrictMode>
    <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto">
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
