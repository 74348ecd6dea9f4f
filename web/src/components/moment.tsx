import { Tooltip } from "@mantine/core";
import { formatAgo, formatMoment, formatUtc } from "@/lib/time";

/** A time in the browser's zone, or how long ago it was; pointing at it shows UTC. */
export function Moment({ at, ago = false }: { at: string; ago?: boolean }) {
  return (
    <Tooltip label={formatUtc(at)}>
      <time dateTime={at}>{ago ? formatAgo(at, new Date()) : formatMoment(at)}</time>
    </Tooltip>
  );
}
