import { Table, Text } from "@mantine/core";
import type { Model } from "@/features/models/api/get-models";
import { formatMoney, isZeroAmount, MICROS, sameAmount, type MoneyText } from "@/lib/money";

type PriceCellProps = { price: MoneyText | null; list?: MoneyText };

/** A price per million tokens. The vendor's list price stands below where it is another one. */
export function PriceCell({ price, list }: PriceCellProps) {
  const differs = price && list && !sameAmount(price.amount, list.amount);
  return (
    <Table.Td ta="right" visibleFrom="sm">
      <Text size="sm" c={price ? undefined : "dimmed"}>
        {price ? formatMoney(price, MICROS) : "–"}
      </Text>
      {differs && (
        <Text size="xs" c="dimmed">
          list {formatMoney(list, MICROS)}
        </Text>
      )}
    </Table.Td>
  );
}

/** The same prices in one line, for a phone. An embedding has no output to pay for. */
export function ModelPrices({ model }: { model: Model }) {
  const { input, output } = model.price;
  return (
    <Text size="xs">
      {formatMoney(input, MICROS)} in{!isZeroAmount(output.amount) && `, ${formatMoney(output, MICROS)} out`}
    </Text>
  );
}
