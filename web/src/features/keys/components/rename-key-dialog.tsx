import { Button, Group, Modal, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { ProblemAlert } from "@/components/problem-alert";
import type { Key } from "@/features/keys/api/get-keys";
import { useRenameKey } from "@/features/keys/api/rename-key";
import { fieldErrors } from "@/lib/problem";

type RenameKeyDialogProps = { apiKey: Key; opened: boolean; onClose: () => void };

export function RenameKeyDialog({ apiKey, opened, onClose }: RenameKeyDialogProps) {
  return (
    <Modal opened={opened} onClose={onClose} title="Rename key">
      <RenameForm apiKey={apiKey} onClose={onClose} />
    </Modal>
  );
}

/** Mounted afresh each time the dialog opens, so that it starts from the present name. */
function RenameForm({ apiKey, onClose }: { apiKey: Key; onClose: () => void }) {
  const rename = useRenameKey();
  const form = useForm({ initialValues: { name: apiKey.name } });
  const submit = form.onSubmit(({ name }) => {
    rename.mutate({ id: apiKey.id, name }, { onSuccess: onClose, onError: (error) => form.setErrors(fieldErrors(error)) });
  });
  return (
    <form onSubmit={submit}>
      <Stack>
        {rename.isError && !form.errors.name && <ProblemAlert error={rename.error} />}
        <TextInput label="Key name" required data-autofocus {...form.getInputProps("name")} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={rename.isPending}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
