import { Avatar, Group, Menu, Text, UnstyledButton } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { ChevronDown, LogOut, Settings } from "lucide-react";
import { useMe } from "@/api/me";
import { revokePlaygroundKey } from "@/features/playground/api/playground-key";
import { useLogOut } from "@/features/session/api/log-out";

export function AccountMenu() {
  const { user, tenant } = useMe();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const logOut = useLogOut();

  async function leave() {
    await revokePlaygroundKey();
    logOut.mutate(undefined, {
      onSuccess: async () => {
        await navigate({ to: "/login" });
        queryClient.clear();
      },
    });
  }

  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <UnstyledButton p={4} maw={260}>
          <Group gap={8} wrap="nowrap">
            <Avatar size={30} radius="xl" color="brand" name={tenant.name} aria-hidden />
            <Text size="sm" fw={550} truncate visibleFrom="sm">
              {tenant.name}
            </Text>
            <span className="visually-hidden">Account menu</span>
            <ChevronDown size={14} aria-hidden />
          </Group>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{user.email}</Menu.Label>
        <Menu.Item leftSection={<Settings size={14} />} onClick={() => void navigate({ to: "/settings" })}>
          Settings
        </Menu.Item>
        <Menu.Item leftSection={<LogOut size={14} />} onClick={() => void leave()}>
          Log out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
