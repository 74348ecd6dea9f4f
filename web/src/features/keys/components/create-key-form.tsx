import { Button, Group, Input, SegmentedControl, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { ProblemAlert } from "@/components/problem-alert";
import { useCreateKey, type CreatedKey, type NewKey } from "@/features/keys/api/create-key";
import { fieldErrors } from "@/lib/problem";

const ENVIRONMENTS: { value: NewKey["environment"]; label: string; meaning: string }[] = [
  { value: "live", label: "Live", meaning: "Reaches the providers and is paid from your balance." },
  { value: "test", label: "Test", meaning: "Answered by simulated providers. Costs nothing." },
];

type CreateKeyFormProps = { onCreated: (created: CreatedKey) => void; onCancel: () => void };

export function CreateKeyForm({ onCreated, onCancel }: CreateKeyFormProps) {
  const create = useCreateKey();
  const form = useForm<NewKey>({ initialValues: { name: "", environment: "live" } });
  const submit = form.onSubmit((values) => {
    create.mutate(values, { onSuccess: onCreated, onError: (error) => form.setErrors(fieldErrors(error)) });
  });
  const chosen = ENVIRONMENTS.find(({ value }) => value === form.values.environment);
  const shownAtField = Object.keys(form.errors).length > 0;

  return (
    <form onSubmit={submit}>
      <Stack>
        {create.isError && !shownAtField && <ProblemAlert error={create.error} />}
        <TextInput
          label="Key name"
          description="Where it will be used, so that you know what stops when you revoke it."
          placeholder="production backend"
          required
          data-autofocus
          {...form.getInputProps("name")}
        />
        <Input.Wrapper label="Environment" labelElement="div" error={form.errors.environment}>
          <SegmentedControl fullWidth mt={4} data={ENVIRONMENTS} aria-label="Environment" {...form.getInputProps("environment")} />
          <Text size="xs" c="dimmed" mt={6}>
            {chosen?.meaning}
          </Text>
        </Input.Wrapper>
        <Group justify="flex-end">
          <Button variant="default" onClick={onCancel}>
            Cancel
          </Button>
          <Button type="submit" loading={create.isPending}>
            Create key
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
