import { Select, Stack, Text, Textarea } from "@mantine/core";

/** What the playground needs to know of a model. */
export type ModelChoice = { id: string; note: string };

type ModelSettingsProps = {
  choices: ModelChoice[];
  model: string;
  onModel: (model: string) => void;
  system: string;
  onSystem: (system: string) => void;
};

export function ModelSettings({ choices, model, onModel, system, onSystem }: ModelSettingsProps) {
  const note = choices.find(({ id }) => id === model)?.note;
  return (
    <Stack gap="md">
      <div>
        <Select
          label="Model"
          data={choices.map(({ id }) => id)}
          value={model}
          onChange={(value) => value && onModel(value)}
          searchable
          allowDeselect={false}
          nothingFoundMessage="No such model"
          maxDropdownHeight={320}
        />
        <Text size="xs" c="dimmed" mt={6} mih={18} className="figures">
          {note}
        </Text>
      </div>
      <Textarea
        label="System"
        placeholder="How the model should behave (optional)"
        rows={4}
        value={system}
        onChange={(event) => onSystem(event.currentTarget.value)}
      />
    </Stack>
  );
}
