import { NavLink, type NavLinkProps } from "@mantine/core";
import { createLink, linkOptions } from "@tanstack/react-router";
import { Activity, Boxes, CandlestickChart, House, KeyRound, MessageSquareCode, ReceiptText, Settings } from "lucide-react";
import type { AnchorHTMLAttributes, Ref } from "react";
import { useMe } from "@/api/me";
import { useMarketServed } from "@/features/market/api/get-market-served";

/** `needs` is the action without which the page would only show a refusal. */
const ENTRIES = [
  { link: linkOptions({ to: "/" }), label: "Overview", icon: House, needs: "balance.read" },
  // Both spend: the playground by a key of its own, the market by a ticket. Who may make keys may do that.
  { link: linkOptions({ to: "/playground" }), label: "Playground", icon: MessageSquareCode, needs: "keys.write" },
  { link: linkOptions({ to: "/market" }), label: "Market", icon: CandlestickChart, needs: "keys.write" },
  { link: linkOptions({ to: "/keys" }), label: "API keys", icon: KeyRound, needs: "keys.read" },
  { link: linkOptions({ to: "/usage" }), label: "Usage", icon: Activity, needs: "usage.read" },
  { link: linkOptions({ to: "/invoice" }), label: "Invoice", icon: ReceiptText, needs: "invoices.read" },
  { link: linkOptions({ to: "/models" }), label: "Models", icon: Boxes, needs: "models.read" },
  { link: linkOptions({ to: "/settings" }), label: "Settings", icon: Settings, needs: "tenant.read" },
];

type EntryProps = NavLinkProps & Omit<AnchorHTMLAttributes<HTMLAnchorElement>, keyof NavLinkProps> & { ref?: Ref<HTMLAnchorElement> };
const EntryLink = createLink((props: EntryProps) => <NavLink {...props} />);

export function Navigation({ onNavigate }: { onNavigate?: () => void }) {
  const { actions } = useMe();
  const marketServed = useMarketServed();
  const shown = ENTRIES.filter(({ link, needs }) => actions.includes(needs) && (link.to !== "/market" || marketServed));
  return (
    <nav aria-label="Main">
      {shown.map(({ link, label, icon: Icon }) => (
        <EntryLink
          key={link.to}
          {...link}
          activeOptions={{ exact: link.to === "/", includeSearch: false }}
          activeProps={{ active: true }}
          label={label}
          leftSection={<Icon size={18} strokeWidth={1.9} aria-hidden />}
          onClick={onNavigate}
          mb={2}
          style={{ borderRadius: "var(--mantine-radius-md)", fontWeight: 500 }}
        />
      ))}
    </nav>
  );
}
