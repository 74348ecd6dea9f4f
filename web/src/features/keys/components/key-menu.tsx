import { ActionIcon, Menu } from "@mantine/core";
import { Ban, Ellipsis, Pencil } from "lucide-react";
import { useState } from "react";
import type { Key } from "@/features/keys/api/get-keys";
import { RenameKeyDialog } from "@/features/keys/components/rename-key-dialog";
import { RevokeKeyDialog } from "@/features/keys/components/revoke-key-dialog";

export function KeyMenu({ apiKey }: { apiKey: Key }) {
  const [open, setOpen] = useState<"rename" | "revoke" | null>(null);
  const close = () => setOpen(null);
  return (
    <>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={`Actions for ${apiKey.name}`}>
            <Ellipsis size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<Pencil size={14} />} onClick={() => setOpen("rename")}>
            Rename
          </Menu.Item>
          <Menu.Item color="red" leftSection={<Ban size={14} />} onClick={() => setOpen("revoke")}>
            Revoke
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <RenameKeyDialog apiKey={apiKey} opened={open === "rename"} onClose={close} />
      <RevokeKeyDialog apiKey={apiKey} opened={open === "revoke"} onClose={close} />
    </>
  );
}
