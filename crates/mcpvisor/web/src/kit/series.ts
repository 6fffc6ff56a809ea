// From the history's answer to what a chart draws: one axis of times, and a column of values for each series. Answers
// may have a hundred thousand points, so each time is read once, and places are found by walking along.
import type { HistorySeries, Point } from "../api/schema";

/** A line of a chart. */
export type ChartLine = { label: string; values: (number | null)[] };
/** Times in seconds since 1970, and values at these. */
export type Aligned = { times: number[]; lines: ChartLine[] };

/** A series and what it is called in its chart. */
export type Labelled = { label: string; series: HistorySeries };

/** Seconds since 1970 of the points, which are in order. `2026-11-21T14:02:11.5Z` is read by its last part where the
 * hour is that of the one before: ten times as fast as reading all of it. */
function timesOf(points: readonly Point[]): number[] {
  let hour = "?";
  let begin = 0;
  return points.map(({ at }) => {
    if (!at.startsWith(hour)) {
      hour = at.slice(0, 14);
      begin = Date.parse(`${hour}00:00Z`) / 1000;
    }
    const fast = begin + Number(at.slice(14, 16)) * 60 + Number(at.slice(17, -1));
    return fast >= 0 ? fast : Date.parse(at) / 1000;
  });
}

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

/** Of a gauge its value or mean, of a counter by how much it grew, in all or a second. */
function valueOf(kind: string, point: Point, before: Point | undefined, seconds: number, isGrowth: boolean): number | null {
  if (point.count != null) return (isGrowth ? point.increase : point.mean) ?? null;
  if (kind !== "counter") return point.value ?? null;
  if (!before || point.after_gap || point.value == null || before.value == null) return null;
  const grown = point.value - before.value;
  return seconds > 0 && grown >= 0 ? grown / (isGrowth ? 1 : seconds) : null;
}

/** Puts series on one axis. `scale` turns base units into shown ones. Series of one label are summed up.
 * `total`: the name of a further line, the sum of all. */
export function align(all: readonly Labelled[], scale = 1, total = "", isGrowth = false): Aligned {
  const own = all.map(({ series }) => timesOf(series.points));
  const isBuckets = all.some(({ series }) => series.points[0]?.count != null);
  let times = own.reduce(union, []);
  // A gap is a place of its own without values, or the line would go on through it.
  all.forEach(({ series }, which) => {
    times = union(times, (own[which] ?? []).flatMap((at, index) => series.points[index]?.after_gap ? [at - 0.001] : []));
  });
  if (isBuckets) times = union(times, missing(times));
  const lines = new Map<string, (number | null)[]>();
  all.forEach(({ label, series: { kind, points } }, which) => {
    const values = lines.get(label) ?? Array<number | null>(times.length).fill(null);
    lines.set(label, values);
    let place = 0;
    let last = 0;
    own[which]?.forEach((at, index) => {
      while ((times[place] ?? at) < at) place += 1;
      const value = valueOf(kind, points[index] as Point, points[index - 1], at - last, isGrowth);
      if (value !== null) values[place] = (values[place] ?? 0) + value * scale;
      last = at;
    });
  });
  const named = [...lines].map(([label, values]) => ({ label, values }));
  if (total && named.length > 1) {
    const sum = times.map((_, place) => named.reduce<number | null>((all, { values }) => {
      const value = values[place] ?? null;
      return value === null ? all : (all ?? 0) + value;
    }, null));
    named.unshift({ label: total, values: sum });
  }
  return { times, lines: named };
}

/** Buckets say nothing of gaps: where several are missing, nothing is known, from the place of the first of them on. */
function missing(times: readonly number[]): number[] {
  const steps = times.slice(1).map((at, place) => at - (times[place] ?? 0));
  const width = [...steps].sort((left, right) => left - right)[Math.floor(steps.length / 2)] ?? 0;
  return steps.flatMap((step, place) => width > 0 && step > 2.5 * width ? [(times[place] ?? 0) + width] : []);
}
