import { Card, Text } from "@mantine/core";
import type { ReactNode } from "react";

type FigureProps = { label: string; value: ReactNode; note?: ReactNode; emphasis?: boolean };

/** One number that a page leads with. */
export function Figure({ label, value, note, emphasis = false }: FigureProps) {
  return (
    <Card withBorder padding="lg" component="section" aria-label={label}>
      <Text size="sm" c="dimmed" fw={500}>
        {label}
      </Text>
      <Text className="figures" fz={28} lh={1.3} fw={650} c={emphasis ? "brand" : undefined} component="div">
        {value}
      </Text>
      {note && (
        <Text size="xs" c="dimmed" mt={4} component="div">
          {note}
        </Text>
      )}
    </Card>
  );
}
