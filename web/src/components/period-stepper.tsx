import { ActionIcon, Group, Text } from "@mantine/core";
import { ChevronLeft, ChevronRight } from "lucide-react";
import { periodAt, periodLabel, shiftPeriod } from "@/lib/period";

type PeriodStepperProps = { period: string; onChange: (period: string) => void };

/** Steps through months, up to the running one. */
export function PeriodStepper({ period, onChange }: PeriodStepperProps) {
  const running = periodAt(new Date());
  return (
    <Group gap={4} wrap="nowrap" role="group" aria-label="Period">
      <ActionIcon variant="default" size="lg" aria-label="Previous month" onClick={() => onChange(shiftPeriod(period, -1))}>
        <ChevronLeft size={16} />
      </ActionIcon>
      <Text size="sm" fw={600} ta="center" miw={128} aria-live="polite">
        {periodLabel(period)}
      </Text>
      <ActionIcon
        variant="default"
        size="lg"
        aria-label="Next month"
        disabled={period >= running}
        onClick={() => onChange(shiftPeriod(period, 1))}
      >
        <ChevronRight size={16} />
      </ActionIcon>
    </Group>
  );
}
