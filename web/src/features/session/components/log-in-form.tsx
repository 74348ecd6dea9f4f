import { Alert, Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { Info } from "lucide-react";
import { ProblemAlert } from "@/components/problem-alert";
import { useLogIn } from "@/features/session/api/log-in";
import { asSentence, fieldErrors } from "@/lib/problem";

type LogInFormProps = {
  /** Why the last session ended, in the server's words. */
  reason?: string;
  onDone: () => void;
};

export function LogInForm({ reason, onDone }: LogInFormProps) {
  const logIn = useLogIn();
  const form = useForm({ initialValues: { email: "", password: "" } });
  const submit = form.onSubmit((values) => {
    logIn.mutate(values, { onSuccess: onDone, onError: (error) => form.setErrors(fieldErrors(error)) });
  });

  return (
    <form onSubmit={submit}>
      <Stack>
        {reason && !logIn.isError && (
          <Alert color="gray" icon={<Info size={18} aria-hidden />} role="status">
            {asSentence(reason)}
          </Alert>
        )}
        {logIn.isError && <ProblemAlert error={logIn.error} />}
        <TextInput label="E-mail" type="email" name="email" autoComplete="username" required autoFocus {...form.getInputProps("email")} />
        <PasswordInput label="Password" name="password" autoComplete="current-password" required {...form.getInputProps("password")} />
        <Button type="submit" size="md" fullWidth loading={logIn.isPending}>
          Log in
        </Button>
      </Stack>
    </form>
  );
}
