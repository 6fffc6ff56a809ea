// Which stretch of time charts show: one of the usual ones up to now, or one that was zoomed into. The step is chosen
// so that a chart has a few hundred points; the daemon takes them from the tier that fits the step.
import { Segments } from "./ui";
import { clockTime, day, utc } from "../format/time";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const usual = { "15m": 15 * MINUTE, "1h": HOUR, "6h": 6 * HOUR, "24h": DAY, "7d": 7 * DAY, "30d": 30 * DAY, "90d": 90 * DAY, "400d": 400 * DAY } as const;

/** A name of the picker. */
export type RangeName = keyof typeof usual;
/** What is shown; `zoom` in seconds since 1970. */
export type Range = { name: RangeName; zoom?: { from: number; to: number } | undefined };

/** A range as a view's parameter names it, else the last hour. */
export function rangeOf(name: string | null): RangeName {
  return name !== null && name in usual ? (name as RangeName) : "1h";
}

/** How long it is, in seconds. */
export function lengthOf(range: Range): number {
  return range.zoom ? range.zoom.to - range.zoom.from : usual[range.name];
}

/** What the daemon is asked: times, and the width of buckets where samples would be too many. */
export function questionOf(range: Range): { from: string; to?: string; step?: string } {
  const long = lengthOf(range);
  const steps = [1, 2, 5, 10, 30, 60].map((minutes) => minutes * MINUTE).concat([2, 6, 24].map((hours) => hours * HOUR));
  const step = long <= 1.5 * HOUR ? undefined : steps.find((width) => long / width <= 450) ?? DAY;
  const width = step === undefined ? {} : { step: `${step}s` };
  if (!range.zoom) return { from: `-${long}s`, ...width };
  return { from: new Date(range.zoom.from * 1000).toISOString(), to: new Date(range.zoom.to * 1000).toISOString(), ...width };
}

/** How often it is worth asking again, in milliseconds; 0: what is over does not change. */
export function cadenceOf(range: Range): number {
  return range.zoom ? 0 : Math.min(300_000, Math.max(5_000, usual[range.name] * 1000 / 200));
}

const choices = (Object.keys(usual) as RangeName[]).map((name) => [name, name] as const);

/** The picker. */
export function RangePicker({ range, choose }: { range: Range; choose(range: Range): void }) {
  return (
    <div class="row">
      {range.zoom && (
        <button class="button" title={`${utc(range.zoom.from * 1000)} to ${utc(range.zoom.to * 1000)}`} onClick={() => choose({ name: range.name })}>
          {day(range.zoom.from * 1000)} {clockTime(range.zoom.from * 1000)} – {clockTime(range.zoom.to * 1000)} ✕
        </button>
      )}
      <Segments label="Range" value={range.zoom ? ("" as RangeName) : range.name} choices={choices} choose={(name) => choose({ name })} />
    </div>
  );
}
