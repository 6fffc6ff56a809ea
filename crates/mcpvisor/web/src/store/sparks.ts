// The last hour of each server's memory and of all servers' sums, for small lines. The history gives what was before
// the page was opened, at one point a minute; each look then moves the last point or adds one.
import { api, type Series } from "../api/client";
import { now } from "./clock";
import type { Snapshot } from "./live";
import { createStore } from "./store";

/** Points a minute apart, the earliest first; `null` where nothing is known. */
export type Line = (number | null)[];

const MINUTES = 60;
const MINUTE = 60_000;

/** Lines by `name\0owner`, since the history knows servers by these. */
type Sparks = {
  memory: ReadonlyMap<string, Line>;
  /** How MCP operations went in the last hour, of servers whose operations are seen. */
  operations: ReadonlyMap<string, Operations>;
  total: { memory: Line; cpu: Line };
  end: number;
};

/** 95 of 100 operations took at most `p95` seconds; `success` of 1 were answered without an error. */
export type Operations = { p95?: number | undefined; success?: number | undefined };

export const sparks = createStore<Sparks>({
  memory: new Map(),
  operations: new Map(),
  total: { memory: [], cpu: [] },
  end: 0,
});

/** The key of a server's line. */
export function sparkKey(name: string, owner: string): string {
  return `${name}\0${owner}`;
}

const minuteOf = (time: number): number => Math.floor(time / MINUTE);

/** A series as a line that ends with this minute. `per` scales a bucket's figure. */
function line({ columns: { at: times, mean, value } }: Series, end: number): Line {
  const made: Line = Array<number | null>(MINUTES).fill(null);
  times.forEach((time, place) => {
    const at = MINUTES - 1 - (end - minuteOf(time * 1000));
    if (at >= 0 && at < MINUTES) made[at] = mean?.[place] ?? value[place] ?? null;
  });
  return made;
}

function sum(lines: Line[]): Line {
  return lines.reduce<Line>(
    (all, each) => all.map((value, at) => {
      const more = each[at] ?? null;
      return value === null ? more : more === null ? value : value + more;
    }),
    Array<number | null>(MINUTES).fill(null),
  );
}

const keyOf = ({ labels }: Series): string => sparkKey(labels["server"] ?? "", labels["owner"] ?? "");

function operationsOf(p95: readonly Series[], answered: readonly Series[]): Map<string, Operations> {
  const found = new Map<string, Operations>();
  for (const series of p95) found.set(keyOf(series), { p95: series.columns.value.at(-1) ?? undefined });
  const counted = new Map<string, [ok: number, all: number]>();
  for (const series of answered) {
    const [ok, all] = counted.get(keyOf(series)) ?? [0, 0];
    const more = (series.columns.increase ?? []).reduce<number>((sum, increase) => sum + (increase ?? 0), 0);
    counted.set(keyOf(series), [ok + (series.labels["outcome"] === "ok" ? more : 0), all + more]);
  }
  for (const [key, [ok, all]] of counted) found.set(key, { ...found.get(key), success: all > 0 ? ok / all : undefined });
  return found;
}

/** Asks the history for the last hour. */
export async function seedSparks(): Promise<void> {
  const query = { from: `-${MINUTES}m`, step: "1m" };
  const [memory, resident, cpu, p95, answered] = await Promise.all([
    api.history({ metric: "mcpvisor_server_proportional_memory_bytes", ...query }),
    api.history({ metric: "mcpvisor_server_resident_memory_bytes", ...query }),
    api.history({ metric: "mcpvisor_server_cpu_seconds_total", ...query }),
    api.history({ metric: "mcpvisor_server_operation_p95_seconds", ...query }),
    api.history({ metric: "mcpvisor_server_operations_total", ...query }),
  ]);
  const end = minuteOf(now());
  const lines = new Map<string, Line>();
  // Where proportional memory is not to be had, resident memory is better than nothing.
  for (const series of [...resident.series, ...memory.series]) {
    lines.set(keyOf(series), line(series, end));
  }
  const rates = cpu.series.map((series) => line(series, end).map((value) => (value === null ? null : value * 100)));
  sparks.set({ memory: lines, operations: operationsOf(p95.series, answered.series), total: { memory: sum([...lines.values()]), cpu: sum(rates) }, end });
}

/** Less than this is not seen in a small line, so the line stays as it is and nothing is drawn. */
const SEEN = 0.02;
/** A pixel of a line is half a minute, so hundreds of them need not move with each look. */
const PAUSE = 10_000;
let movedAt = 0;

function moved(old: Line, by: number, value: number | null): Line {
  const last = old.at(-1) ?? null;
  if (by === 0 && old.length === MINUTES && (value === null || (last !== null && Math.abs(value - last) <= SEEN * last))) return old;
  const made = by > 0 ? [...old.slice(by), ...Array<number | null>(Math.min(by, MINUTES)).fill(null)] : old.slice();
  while (made.length < MINUTES) made.unshift(null);
  made[made.length - 1] = value ?? made[made.length - 1] ?? null;
  return made;
}

/** Takes the figures of a look. */
export function pushSparks(snapshot: Snapshot): void {
  const old = sparks.get();
  const end = minuteOf(Date.parse(snapshot.taken_at));
  const by = old.end === 0 ? 0 : Math.max(0, end - old.end);
  const sums = snapshot.summary.totals;
  const total = {
    memory: moved(old.total.memory, by, sums.pss_bytes ?? sums.rss_bytes),
    cpu: moved(old.total.cpu, by, sums.cpu_percent ?? null),
  };
  sparks.set({ total, end });
  if (by === 0 && Date.now() - movedAt < PAUSE) return;
  movedAt = Date.now();
  const figures = new Map<string, number>();
  for (const { name, owner, totals } of snapshot.servers) {
    if (totals.instances === 0) continue;
    const key = sparkKey(name, owner);
    figures.set(key, (figures.get(key) ?? 0) + (totals.pss_bytes ?? totals.rss_bytes));
  }
  const memory = new Map<string, Line>();
  for (const [key, value] of figures) memory.set(key, moved(old.memory.get(key) ?? [], by, value));
  sparks.set({ memory });
}
