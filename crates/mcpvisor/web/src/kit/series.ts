// From the history's answer to what a chart draws: one axis of times, and a column of values for each series.
import type { HistorySeries, Point } from "../api/schema";

/** A line of a chart. */
export type ChartLine = { label: string; values: (number | null)[] };
/** Times in seconds since 1970, and values at these. */
export type Aligned = { times: number[]; lines: ChartLine[] };

/** A series and what it is called in its chart. */
export type Labelled = { label: string; series: HistorySeries };

/** Of a gauge its value or mean, of a counter by how much it grew, in all or a second. */
function valueOf(series: HistorySeries, point: Point, before: Point | undefined, isGrowth: boolean): number | null {
  if (point.count !== undefined && point.count !== null) return (isGrowth ? point.increase : point.mean) ?? null;
  if (series.kind !== "counter") return point.value ?? null;
  if (!before || point.after_gap || typeof point.value !== "number" || typeof before.value !== "number") return null;
  const seconds = (Date.parse(point.at) - Date.parse(before.at)) / 1000;
  const grown = point.value - before.value;
  return seconds > 0 && grown >= 0 ? grown / (isGrowth ? 1 : seconds) : null;
}

/** Puts series on one axis. `scale` turns base units into shown ones. Series of one label are summed up.
 * `total`: the name of a further line, the sum of all. */
export function align(all: readonly Labelled[], scale = 1, total = "", isGrowth = false): Aligned {
  const places = new Map<number, number>();
  const gaps = new Set<number>();
  for (const { series } of all) {
    for (const point of series.points) {
      const at = Date.parse(point.at);
      places.set(at, 0);
      if (point.after_gap) gaps.add(at - 1);
    }
  }
  // A gap is a place of its own without values, or the line would go on through it.
  for (const at of gaps) places.set(at, 0);
  const times = [...places.keys()].sort((left, right) => left - right);
  times.forEach((at, place) => places.set(at, place));
  const width = bucketWidth(times);
  const lines = new Map<string, (number | null)[]>();
  for (const { label, series } of all) {
    const values = lines.get(label) ?? Array<number | null>(times.length).fill(null);
    lines.set(label, values);
    series.points.forEach((point, index) => {
      const place = places.get(Date.parse(point.at));
      const value = valueOf(series, point, series.points[index - 1], isGrowth);
      if (place !== undefined && value !== null) values[place] = (values[place] ?? 0) + value * scale;
    });
  }
  const named = [...lines].map(([label, values]) => ({ label, values }));
  if (total && named.length > 1) {
    const sum = times.map((_, place) => named.reduce<number | null>((all, { values }) => {
      const value = values[place] ?? null;
      return value === null ? all : (all ?? 0) + value;
    }, null));
    named.unshift({ label: total, values: sum });
  }
  return all.some(({ series }) => series.points[0]?.count != null) ? broken(times, named, width) : { times: times.map((at) => at / 1000), lines: named };
}

/** The usual distance between two times. */
function bucketWidth(times: number[]): number {
  const steps = times.slice(1).map((at, place) => at - (times[place] ?? 0));
  return steps.sort((left, right) => left - right)[Math.floor(steps.length / 2)] ?? 0;
}

/** Buckets say nothing of gaps; where several are missing, nothing is known. */
function broken(times: number[], lines: ChartLine[], width: number): Aligned {
  const made: Aligned = { times: [], lines: lines.map(({ label }) => ({ label, values: [] })) };
  times.forEach((at, place) => {
    const before = times[place - 1];
    if (before !== undefined && width > 0 && at - before > 2.5 * width) {
      made.times.push((before + width) / 1000);
      for (const line of made.lines) line.values.push(null);
    }
    made.times.push(at / 1000);
    made.lines.forEach((line, index) => line.values.push(lines[index]?.values[place] ?? null));
  });
  return made;
}
