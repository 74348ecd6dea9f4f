import { ActionIcon, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { Moon, Sun } from "lucide-react";

export function ThemeToggle() {
  const scheme = useComputedColorScheme("light");
  const { setColorScheme } = useMantineColorScheme();
  const other = scheme === "dark" ? "light" : "dark";
  const Icon = other === "dark" ? Moon : Sun;
  return (
    <ActionIcon variant="subtle" color="gray" size="lg" aria-label={`Switch to ${other} theme`} onClick={() => setColorScheme(other)}>
      <Icon size={18} />
    </ActionIcon>
  );
}
