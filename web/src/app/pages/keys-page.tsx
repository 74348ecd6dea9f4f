import { Button, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Plus } from "lucide-react";
import { useMay } from "@/api/me";
import { FirstRequest } from "@/components/first-request";
import { Loaded } from "@/components/loaded";
import { MoreButton } from "@/components/more-button";
import { Page } from "@/components/page";
import { Panel } from "@/components/panel";
import { useKeys } from "@/features/keys/api/get-keys";
import { CreateKeyDialog } from "@/features/keys/components/create-key-dialog";
import { KeyTable } from "@/features/keys/components/key-table";

export function KeysPage() {
  const keys = useKeys();
  const mayWrite = useMay("keys.write");
  const [creating, dialog] = useDisclosure(false);
  const newKey = mayWrite && (
    <Button leftSection={<Plus size={16} aria-hidden />} onClick={dialog.open}>
      New key
    </Button>
  );
  return (
    <Page title="API keys" lead="Each application its own key, so that one can be revoked without the others." actions={newKey}>
      <Loaded query={keys} height={180}>
        {(list) =>
          list.length === 0 ? (
            <Panel title="No keys yet">
              <Text size="sm" mb="md">
                {mayWrite ? "Create a key, then export it as OPENAI_API_KEY." : "Your role sees keys but does not create them."}
              </Text>
              <FirstRequest lead="This line then makes the first request:" />
            </Panel>
          ) : (
            <Panel flush>
              <KeyTable keys={list} editable={mayWrite} />
              <MoreButton pages={keys} label="Show more keys" />
            </Panel>
          )
        }
      </Loaded>
      <CreateKeyDialog opened={creating} onClose={dialog.close} />
    </Page>
  );
}
