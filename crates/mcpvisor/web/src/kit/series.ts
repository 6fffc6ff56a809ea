// From the history's answer to what a chart draws: one axis of times, and a column of values for each series. An answer
// may have a hundred thousand points, so what is there as a list already stays that list wherever it can.
import type { Series } from "../api/client";
import type { Columns } from "../api/schema";

type Values = (number | null)[];
/** A line of a chart. */
export type ChartLine = { label: string; values: Values };
/** Times in seconds since 1970, and values at these. */
export type Aligned = { times: number[]; lines: ChartLine[] };

/** A series and what it is called in its chart. */
export type Labelled = { label: string; series: Series };

/** All times of two lists in order, each once; one of the lists itself if the other has no more. */
function union(left: number[], right: number[]): number[] {
  if (right.length === 0 || left.length === right.length && left.every((at, place) => at === right[place])) return left;
  if (left.length === 0) return right;
  const made: number[] = [];
  let [l, r] = [0, 0];
  while (l < left.length || r < right.length) {
    const [a, b] = [left[l] ?? Infinity, right[r] ?? Infinity];
    made.push(Math.min(a, b));
    if (a <= b) l += 1;
    if (b <= a) r += 1;
  }
  return made;
}

/** Buckets say nothing of gaps: where several are missing, nothing is known, from the place of the first of them on. */
function missing(times: readonly number[]): number[] {
  const steps = times.slice(1).map((at, place) => at - (times[place] ?? 0));
  const width = [...steps].sort((left, right) => left - right)[Math.floor(steps.length / 2)] ?? 0;
  return steps.flatMap((step, place) => width > 0 && step > 2.5 * width ? [(times[place] ?? 0) + width] : []);
}

/** Of a gauge its values or means, of a counter by how much it grew, in all or a second. */
function valuesOf({ kind, columns: { at, value, mean, increase, gaps } }: Series, scale: number, isGrowth: boolean): Values {
  if (kind === "counter" && !mean) {
    const gone = new Set(gaps);
    return value.map((now, place) => {
      const before = value[place - 1] ?? null;
      if (now === null || before === null || gone.has(place)) return null;
      const seconds = (at[place] ?? 0) - (at[place - 1] ?? 0);
      return seconds > 0 && now >= before ? (now - before) * scale / (isGrowth ? 1 : seconds) : null;
    });
  }
  const known = (isGrowth ? increase : mean) ?? value;
  return scale === 1 ? known : known.map((each) => each === null ? null : each * scale);
}

/** Values of some times at the places of all. */
function spread(values: Values, own: readonly number[], times: readonly number[]): Values {
  if (own === times) return values;
  const made: Values = [];
  let index = 0;
  for (const at of times) {
    const isThere = own[index] === at;
    made.push(isThere ? values[index] ?? null : null);
    // Two points of one time are one.
    while (own[index] === at) index += 1;
  }
  return made;
}

const sum = (left: Values, right: Values): Values => left.map((value, place) => {
  const more = right[place] ?? null;
  return value === null ? more : more === null ? value : value + more;
});

/** Puts series on one axis. `scale` turns base units into shown ones. Series of one label are summed up.
 * `total`: the name of a further line, the sum of all. */
export function align(all: readonly Labelled[], scale = 1, total = "", isGrowth = false): Aligned {
  let times = all.reduce<number[]>((known, { series }) => union(known, series.columns.at), []);
  // A gap is a place of its own without values, or the line would go on through it.
  for (const { series: { columns: { at, gaps } } } of all) times = union(times, gaps.map((place) => (at[place] ?? 0) - 0.001));
  if (all.some(({ series }) => series.columns.mean)) times = union(times, missing(times));
  const lines = new Map<string, Values>();
  for (const { label, series } of all) {
    const values = spread(valuesOf(series, scale, isGrowth), series.columns.at, times);
    const others = lines.get(label);
    lines.set(label, others ? sum(others, values) : values);
  }
  const named = [...lines].map(([label, values]) => ({ label, values }));
  if (total && named.length > 1) named.unshift({ label: total, values: [...lines.values()].reduce(sum) });
  return { times, lines: named };
}

const keyOf = (series: Series): string => `${series.metric}\0${JSON.stringify(series.labels)}`;

/** Columns from this time on. */
function since({ at, value, gaps }: Columns, from: number): Columns {
  const first = at.findIndex((time) => time >= from);
  const gone = first < 0 ? at.length : first;
  return gone === 0 ? { at, value, gaps } : { at: at.slice(gone), value: value.slice(gone), gaps: gaps.map((place) => place - gone).filter((place) => place >= 0) };
}

/** Adds the samples of a later answer, and forgets those before `from`. */
export function joined(old: readonly Series[], more: readonly Series[], from: number): Series[] {
  const made = new Map(old.map((series) => [keyOf(series), { ...series, columns: since(series.columns, from) }]));
  for (const series of more) {
    const { at, value, gaps } = made.get(keyOf(series))?.columns ?? { at: [], value: [], gaps: [] };
    const next = since(series.columns, (at.at(-1) ?? 0) + 0.0005);
    made.set(keyOf(series), { ...series, columns: { at: [...at, ...next.at], value: [...value, ...next.value], gaps: [...gaps, ...next.gaps.map((place) => place + at.length)] } });
  }
  return [...made.values()];
}
