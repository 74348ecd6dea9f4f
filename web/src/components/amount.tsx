import { Tooltip } from "@mantine/core";
import { EXACT, formatMoney, formatReadable, type MoneyText } from "@/lib/money";

/** An amount cut for reading. Pointing at it, or focusing it, shows every digit. */
export function Amount({ money }: { money: MoneyText }) {
  const shown = formatReadable(money);
  const exact = formatMoney(money, EXACT);
  if (shown === exact) return <span className="figures">{shown}</span>;
  return (
    <Tooltip label={exact} events={{ hover: true, focus: true, touch: true }}>
      <span className="figures" tabIndex={0} aria-label={`${shown}, exactly ${exact}`}>
        {shown}
      </span>
    </Tooltip>
  );
}
