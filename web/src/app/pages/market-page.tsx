import { Text } from "@mantine/core";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useMe } from "@/api/me";
import { Page } from "@/components/page";
import { Panel } from "@/components/panel";
import { Snippet } from "@/components/snippet";
import { useMarketServed } from "@/features/market/api/get-market-served";
import { LiveMarket } from "@/features/market/components/live-market";
import { SymbolPicker } from "@/features/market/components/symbol-picker";

const route = getRouteApi("/console/market");
const EXCHANGE = "binance";

export function MarketPage() {
  const { symbol = "BTCUSDT" } = route.useSearch();
  const navigate = useNavigate();
  const served = useMarketServed();
  if (!served) {
    return (
      <Page title="Market">
        <Panel>
          <Text size="sm">This gateway serves no market data.</Text>
        </Panel>
      </Page>
    );
  }
  const picker = <SymbolPicker key={symbol} symbol={symbol} onPick={(next) => void navigate({ to: "/market", search: { symbol: next } })} />;
  return (
    <Page title="Market" lead={`${symbol} on Binance spot. In sequence, or flagged as not.`} actions={picker}>
      <LiveMarket key={symbol} instrument={{ exchange: EXCHANGE, symbol }} />
      <Subscription symbol={symbol} />
    </Page>
  );
}

/** What a program sends for the same two topics. */
function Subscription({ symbol }: { symbol: string }) {
  const { base_url } = useMe();
  const address = `${base_url.replace(/^http/, "ws")}/market/ws`;
  const message = { op: "subscribe", id: 1, exchange: EXCHANGE, symbols: [symbol], channels: ["trade", "book_change"], numbers: "string" };
  return (
    <Panel title="The same in your program" lead="Open the socket with your API key as a bearer token, then send one line.">
      <Snippet title={address} text={JSON.stringify(message)} copyLabel="Copy subscription" wrap />
    </Panel>
  );
}
