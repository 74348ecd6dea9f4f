import { Group, Text } from "@mantine/core";
import mark from "@/assets/favicon.svg";

export function Logo() {
  return (
    <Group gap={10} wrap="nowrap">
      <img src={mark} width={28} height={28} alt="" />
      <Text fw={700} fz="lg" lh={1} style={{ letterSpacing: "-0.01em" }}>
        Turnpike
      </Text>
    </Group>
  );
}
