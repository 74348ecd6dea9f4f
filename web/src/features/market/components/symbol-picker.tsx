import { Autocomplete } from "@mantine/core";
import { Search } from "lucide-react";
import { useState } from "react";

/** Suggestions alone: any symbol of the exchange can be typed. */
const COMMON = ["BTCUSDT", "ETHUSDT", "SOLUSDT", "BNBUSDT", "XRPUSDT", "DOGEUSDT"];

type SymbolPickerProps = { symbol: string; onPick: (symbol: string) => void };

export function SymbolPicker({ symbol, onPick }: SymbolPickerProps) {
  const [typed, setTyped] = useState(symbol);

  function pick(text: string) {
    const picked = text.trim().toUpperCase();
    setTyped(picked || symbol);
    if (picked && picked !== symbol) onPick(picked);
  }

  return (
    <Autocomplete
      aria-label="Symbol"
      w={{ base: "100%", sm: 200 }}
      leftSection={<Search size={15} aria-hidden />}
      data={COMMON}
      value={typed}
      onChange={setTyped}
      onOptionSubmit={pick}
      onBlur={() => pick(typed)}
      onFocus={(event) => event.currentTarget.select()}
      onKeyDown={(event) => event.key === "Enter" && pick(typed)}
      filter={({ options }) => options}
    />
  );
}
