import { Badge, Group, Table, Text } from "@mantine/core";
import type { Member } from "@/features/members/api/get-members";
import { formatDate } from "@/lib/time";

type MemberTableProps = { members: Member[]; ownUserId: string };

export function MemberTable({ members, ownUserId }: MemberTableProps) {
  return (
    <Table aria-label="Members">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>E-mail</Table.Th>
          <Table.Th>Role</Table.Th>
          <Table.Th visibleFrom="sm">Joined</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {members.map((member) => (
          <Table.Tr key={member.user_id}>
            <Table.Td>
              <Group gap="xs">
                <Text size="sm" style={{ overflowWrap: "anywhere" }}>
                  {member.email}
                </Text>
                {member.user_id === ownUserId && <Badge color="gray">You</Badge>}
              </Group>
            </Table.Td>
            <Table.Td tt="capitalize">{member.role}</Table.Td>
            <Table.Td visibleFrom="sm">{formatDate(member.joined_at)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
