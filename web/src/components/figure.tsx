import { Card, Skeleton, Text } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "@/components/figure.module.css";

/** An absent value is on its way: its place is kept. */
type FigureProps = { label: string; value: ReactNode; note?: ReactNode; emphasis?: boolean };

/** One number that a page leads with. */
export function Figure({ label, value, note, emphasis = false }: FigureProps) {
  const known = value !== undefined && value !== null;
  return (
    <Card withBorder padding={0} className={classes.figure} component="section" aria-label={label} aria-busy={!known}>
      <Text size="sm" c="dimmed" fw={500}>
        {label}
      </Text>
      <Text className={`figures ${classes.value}`} c={emphasis ? "brand" : undefined} component="div">
        {known ? value : <Skeleton height="0.8em" width="70%" />}
      </Text>
      <Text size="xs" c="dimmed" className={classes.note} component="div">
        {note}
      </Text>
    </Card>
  );
}
