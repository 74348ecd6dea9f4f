import { useNavigate } from "@tanstack/react-router";
import { TextLink } from "@/components/router-link";
import { Entrance } from "@/features/session/components/entrance";
import { SignUpForm } from "@/features/session/components/sign-up-form";

export function SignUpPage() {
  const navigate = useNavigate();
  return (
    <Entrance
      title="Create your account"
      lead="One key for every model. Free credit to begin with, no card needed."
      footer={
        <>
          Already have an account? <TextLink to="/login" underline="always">Log in</TextLink>
        </>
      }
    >
      <SignUpForm onDone={() => void navigate({ to: "/" })} />
    </Entrance>
  );
}
