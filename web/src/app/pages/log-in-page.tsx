import { getRouteApi, useLocation, useRouter } from "@tanstack/react-router";
import { TextLink } from "@/components/router-link";
import { Entrance } from "@/features/session/components/entrance";
import { LogInForm } from "@/features/session/components/log-in-form";

const route = getRouteApi("/login");

export function LogInPage() {
  const router = useRouter();
  const { from } = route.useSearch();
  const reason = useLocation({ select: ({ state }) => state.reason });
  return (
    <Entrance
      title="Log in"
      lead="Welcome back."
      footer={
        <>
          New to Turnpike? <TextLink to="/signup" underline="always">Create an account</TextLink>
        </>
      }
    >
      <LogInForm reason={reason} onDone={() => router.history.push(from ?? "/")} />
    </Entrance>
  );
}
