import { AppShell, Box, Burger, Drawer, Group } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Outlet } from "@tanstack/react-router";
import { AccountMenu } from "@/app/shell/account-menu";
import { Navigation } from "@/app/shell/navigation";
import { SimulatedNotice } from "@/app/shell/simulated-notice";
import { Logo } from "@/components/logo";
import { ThemeToggle } from "@/components/theme-toggle";

/** The frame of every page behind the log-in: navigation at the left, or in a drawer on a phone. */
export function Shell() {
  const [menuOpen, menu] = useDisclosure(false);
  return (
    <AppShell header={{ height: 56 }} navbar={{ width: 232, breakpoint: "sm", collapsed: { mobile: true } }} padding={0}>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger opened={menuOpen} onClick={menu.open} hiddenFrom="sm" size="sm" aria-label="Open navigation" />
            <Logo />
          </Group>
          <Group gap={4} wrap="nowrap">
            <ThemeToggle />
            <AccountMenu />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="sm" bg="var(--console-sunken)">
        <Navigation />
      </AppShell.Navbar>
      <Drawer
        opened={menuOpen}
        onClose={menu.close}
        title={<Logo />}
        size={260}
        padding="md"
        closeButtonProps={{ "aria-label": "Close navigation" }}
      >
        <Navigation onNavigate={menu.close} />
      </Drawer>
      <AppShell.Main>
        <SimulatedNotice />
        <Box maw={1120} mx="auto" px={{ base: "md", sm: "xl" }} py={{ base: "lg", sm: "xl" }}>
          <Outlet />
        </Box>
      </AppShell.Main>
    </AppShell>
  );
}
