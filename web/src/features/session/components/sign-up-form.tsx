import { Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { ProblemAlert } from "@/components/problem-alert";
import { useSignUp } from "@/features/session/api/sign-up";
import { fieldErrors } from "@/lib/problem";

export function SignUpForm({ onDone }: { onDone: () => void }) {
  const signUp = useSignUp();
  const form = useForm({ initialValues: { organisation: "", email: "", password: "" } });
  const submit = form.onSubmit((values) => {
    signUp.mutate(values, { onSuccess: onDone, onError: (error) => form.setErrors(fieldErrors(error)) });
  });
  const shownAtField = Object.keys(form.errors).length > 0;

  return (
    <form onSubmit={submit}>
      <Stack>
        {signUp.isError && !shownAtField && <ProblemAlert error={signUp.error} />}
        <TextInput
          label="Organisation"
          description="Keys, usage and invoices belong to it."
          name="organisation"
          autoComplete="organization"
          required
          autoFocus
          {...form.getInputProps("organisation")}
        />
        <TextInput label="E-mail" type="email" name="email" autoComplete="username" required {...form.getInputProps("email")} />
        <PasswordInput
          label="Password"
          description="At least 8 characters, and not a common one."
          name="password"
          autoComplete="new-password"
          required
          {...form.getInputProps("password")}
        />
        <Button type="submit" size="md" fullWidth loading={signUp.isPending}>
          Create account
        </Button>
      </Stack>
    </form>
  );
}
