import { Badge, SimpleGrid, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useMe } from "@/api/me";
import { Loaded } from "@/components/loaded";
import { Page } from "@/components/page";
import { Panel } from "@/components/panel";
import { useMembers } from "@/features/members/api/get-members";
import { MemberTable } from "@/features/members/components/member-table";
import { PasswordForm } from "@/features/session/components/password-form";

export function SettingsPage() {
  const { user, tenant, role } = useMe();
  const members = useMembers();
  return (
    <Page title="Settings">
      <Panel title="Account">
        <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }} spacing="lg">
          <Fact label="E-mail">{user.email}</Fact>
          <Fact label="Organisation">{tenant.name}</Fact>
          <Fact label="Role">
            <Badge tt="capitalize">{role}</Badge>
          </Fact>
          <Fact label="Plan">
            <Text span size="sm" tt="capitalize">
              {tenant.plan}
            </Text>
          </Fact>
          <Fact label="Billing currency">{tenant.currency}</Fact>
          <Fact label="Status">
            <Badge color={tenant.status === "active" ? "brand" : "red"} tt="capitalize">
              {tenant.status}
            </Badge>
          </Fact>
        </SimpleGrid>
      </Panel>
      <Panel title="Members" flush>
        <Loaded query={members} height={90}>
          {({ items }) => <MemberTable members={items} ownUserId={user.id} />}
        </Loaded>
      </Panel>
      <Panel title="Password" lead="Changing it logs out your other sessions.">
        <PasswordForm />
      </Panel>
    </Page>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div>
      <Text size="xs" c="dimmed" fw={500} mb={2}>
        {label}
      </Text>
      <Text size="sm" component="div" style={{ overflowWrap: "anywhere" }}>
        {children}
      </Text>
    </div>
  );
}
