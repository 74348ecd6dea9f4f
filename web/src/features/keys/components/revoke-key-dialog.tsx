import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { ProblemAlert } from "@/components/problem-alert";
import type { Key } from "@/features/keys/api/get-keys";
import { useRevokeKey } from "@/features/keys/api/revoke-key";

type RevokeKeyDialogProps = { apiKey: Key; opened: boolean; onClose: () => void };

export function RevokeKeyDialog({ apiKey, opened, onClose }: RevokeKeyDialogProps) {
  const revoke = useRevokeKey();
  return (
    <Modal opened={opened} onClose={onClose} title={`Revoke “${apiKey.name}”?`}>
      <Stack>
        <Text size="sm">
          Requests with{" "}
          <Text span ff="monospace" size="xs">
            {apiKey.prefix}…{apiKey.last_four}
          </Text>{" "}
          will be refused at once. A revoked key cannot be brought back.
        </Text>
        {revoke.isError && <ProblemAlert error={revoke.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} data-autofocus>
            Keep key
          </Button>
          <Button color="red" loading={revoke.isPending} onClick={() => revoke.mutate(apiKey.id, { onSuccess: onClose })}>
            Revoke
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
