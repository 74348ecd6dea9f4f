import { Text, TextInput } from "@mantine/core";
import { Search } from "lucide-react";
import { useState } from "react";
import { Loaded } from "@/components/loaded";
import { Page } from "@/components/page";
import { Panel } from "@/components/panel";
import { useModels, type Model } from "@/features/models/api/get-models";
import { ModelTable } from "@/features/models/components/model-table";

export function ModelsPage() {
  const models = useModels();
  const [sought, setSought] = useState("");
  const filter = (
    <TextInput
      aria-label="Find a model"
      placeholder="Find a model"
      leftSection={<Search size={15} aria-hidden />}
      w={{ base: "100%", sm: 240 }}
      value={sought}
      onChange={(event) => setSought(event.currentTarget.value)}
    />
  );
  return (
    <Page title="Models" lead="Prices per million tokens, as they are charged to you." actions={filter}>
      <Panel flush>
        <Loaded query={models} height={400}>
          {({ items }) => <Found models={items.filter((model) => matches(model, sought))} sought={sought} />}
        </Loaded>
      </Panel>
    </Page>
  );
}

function Found({ models, sought }: { models: Model[]; sought: string }) {
  if (models.length > 0) return <ModelTable models={models} />;
  return (
    <Text p="lg" size="sm" c="dimmed">
      {sought ? `No model is called “${sought}”.` : "The catalogue has no models."}
    </Text>
  );
}

/** By id, alias or provider, as people remember them. */
function matches(model: Model, sought: string): boolean {
  const words = [model.id, ...model.aliases, ...model.providers];
  return words.some((word) => word.toLowerCase().includes(sought.trim().toLowerCase()));
}
