import { Alert, Button, Group, PasswordInput, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { ProblemAlert } from "@/components/problem-alert";
import { useChangePassword } from "@/features/session/api/change-password";
import { fieldErrors } from "@/lib/problem";

export function PasswordForm() {
  const change = useChangePassword();
  const form = useForm({ initialValues: { current_password: "", new_password: "" } });
  const submit = form.onSubmit((values) => {
    change.mutate(values, {
      onSuccess: () => form.reset(),
      onError: (error) => form.setErrors(fieldErrors(error)),
    });
  });
  const shownAtField = Object.keys(form.errors).length > 0;

  return (
    <form onSubmit={submit}>
      <Stack maw={400}>
        {change.isError && !shownAtField && <ProblemAlert error={change.error} />}
        {change.isSuccess && (
          <Alert color="brand" role="status">
            Password changed. Your other sessions were logged out.
          </Alert>
        )}
        <PasswordInput label="Current password" autoComplete="current-password" required {...form.getInputProps("current_password")} />
        <PasswordInput
          label="New password"
          description="At least 8 characters, and not a common one."
          autoComplete="new-password"
          required
          {...form.getInputProps("new_password")}
        />
        <Group>
          <Button type="submit" loading={change.isPending}>
            Change password
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
