// From the history's answer to a heat map: a row for each server, a column for each hour, `null` where nothing is known.
import type { Past } from "../api/client";
import { bytes, percent, ratio, type Figure } from "../format/units";

/** What can be shown. `scale`: base units into shown ones. */
export type Measure = { title: string; metric: string; scale: number; format(value: number | null): Figure; about: string };

export const measures = {
  up: { title: "Availability", metric: "mcpvisor_server_up", scale: 1, format: ratio, about: "share of the hour in which it ran" },
  memory: { title: "Memory", metric: "mcpvisor_server_resident_memory_bytes", scale: 1, format: bytes, about: "resident, mean of the hour" },
  cpu: { title: "CPU", metric: "mcpvisor_server_cpu_seconds_total", scale: 100, format: percent, about: "of one processor, mean of the hour" },
} satisfies Record<string, Measure>;

/** The name of one. */
export type MeasureName = keyof typeof measures;

/** A server's hours, and their mean. */
export type HeatRow = { server: string; owner: string; values: (number | null)[]; mean: number };
/** All of them; `start` in milliseconds since 1970. */
export type Heat = { rows: HeatRow[]; start: number; hours: number; most: number; truncated: boolean };

export const HOUR = 3_600_000;

/** Puts the buckets of an answer into rows of hours up to now. */
export function heat(answer: Past, { scale }: Measure, hours: number, isWorstLow: boolean): Heat {
  const start = (Math.floor(Date.parse(answer.to) / HOUR) + 1 - hours) * HOUR;
  const rows = new Map<string, HeatRow>();
  for (const { labels, columns: { at: times, mean, value: values } } of answer.series) {
    const { server = "", owner = "" } = labels;
    const key = `${server}\0${owner}`;
    const row = rows.get(key) ?? { server, owner, values: Array<number | null>(hours).fill(null), mean: 0 };
    rows.set(key, row);
    times.forEach((time, place) => {
      const at = Math.floor((time * 1000 - start) / HOUR);
      const value = mean?.[place] ?? values[place];
      // Series that differ in other labels, such as the mode of processor time, are parts of one figure.
      if (at >= 0 && at < hours && typeof value === "number") row.values[at] = (row.values[at] ?? 0) + value * scale;
    });
  }
  const found = [...rows.values()];
  let most = 0;
  for (const row of found) {
    const known = row.values.filter((value): value is number => value !== null);
    row.mean = known.length > 0 ? known.reduce((sum, value) => sum + value, 0) / known.length : 0;
    most = Math.max(most, ...known);
  }
  found.sort((left, right) => (isWorstLow ? left.mean - right.mean : right.mean - left.mean) || left.server.localeCompare(right.server));
  return { rows: found, start, hours, most, truncated: answer.truncated };
}
