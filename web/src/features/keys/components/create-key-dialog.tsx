import { Modal } from "@mantine/core";
import { useState } from "react";
import type { CreatedKey } from "@/features/keys/api/create-key";
import { CreateKeyForm } from "@/features/keys/components/create-key-form";
import { NewSecret } from "@/features/keys/components/new-secret";

type CreateKeyDialogProps = { opened: boolean; onClose: () => void };

/** First the form, then the secret. While the secret is shown only its own button closes the dialog. */
export function CreateKeyDialog({ opened, onClose }: CreateKeyDialogProps) {
  const [created, setCreated] = useState<CreatedKey | null>(null);

  function close() {
    setCreated(null);
    onClose();
  }

  return (
    <Modal
      opened={opened}
      onClose={close}
      size={created ? "lg" : "md"}
      title={created ? "Save your key" : "Create API key"}
      withCloseButton={!created}
      closeOnEscape={!created}
      closeOnClickOutside={!created}
    >
      {created ? <NewSecret created={created} onDone={close} /> : <CreateKeyForm onCreated={setCreated} onCancel={close} />}
    </Modal>
  );
}
