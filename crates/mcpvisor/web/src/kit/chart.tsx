// A chart over uPlot: lines with a legend that tells the values under the cursor, which all charts of a view share;
// dragging zooms, a double click goes back; thresholds are dashed lines, annotations marks at the top edge.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import type { Severity } from "../api/schema";
import type { Figure } from "../format/units";
import { clockTime, day } from "../format/time";
import { visible } from "../format/text";
import { drawMarks, nearest, type Drawn } from "./marks";
import { usePalette, type ColourName, type Palette } from "./palette";
import type { Aligned } from "./series";
import { useWidth } from "./width";

/** A line across the chart. */
export type Threshold = { value: number; label: string; severity: Severity };
/** Something that happened; `at` in seconds since 1970. */
export type Mark = { at: number; text: string; severity: Severity };

type Props = {
  data: Aligned;
  /** Ends of the time axis, seconds since 1970. */
  from: number;
  to: number;
  format(value: number | null | undefined): Figure;
  title: string;
  /** Ticks at round numbers of bytes. */
  binary?: boolean;
  thresholds?: readonly Threshold[];
  marks?: readonly Mark[];
  /** Charts of one group share their cursor. */
  group: string;
  zoom(from: number, to: number): void;
  unzoom(): void;
};

const inks: ColourName[] = ["series-1", "series-2", "series-3", "series-4", "series-5", "series-6"];
const HEIGHT = 150;
/** A threshold up to so many times the largest value is in sight; a further one would flatten the lines. */
const NEAR = 4;
const BINARY = Array.from({ length: 50 }, (_, power) => 2 ** power);

export function Chart(props: Props) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const isNew = useRef(false);
  const latest = useRef(props);
  latest.current = props;
  const width = useWidth(host);
  const palette = usePalette();
  const [at, setAt] = useState<number | null>(null);
  const [note, setNote] = useState<Mark>();
  const labels = props.data.lines.map(({ label }) => label).join("\n");

  // Lines, theme and format belong to a plot; data, size and ends are changed in place.
  useLayoutEffect(() => {
    if (!host.current || width === 0) return undefined;
    const drawn = (): Drawn => ({ thresholds: latest.current.thresholds ?? [], marks: latest.current.marks ?? [], palette });
    const made = new uPlot(options(latest.current, width, palette, {
      thresholds: () => latest.current.thresholds ?? [],
      draw: (self) => drawMarks(self, drawn()),
      cursor: (self) => {
        setAt(self.cursor.idx ?? null);
        setNote(nearest(self, latest.current.marks ?? []));
      },
      zoom: (from, to) => latest.current.zoom(from, to),
      unzoom: () => latest.current.unzoom(),
    }), columns(props.data), (self, begin) => {
      host.current?.append(self.root);
      // At once, or it would be drawn a second time in a task of its own.
      self.batch(begin);
    });
    plot.current = made;
    isNew.current = true;
    return () => {
      made.destroy();
      plot.current = undefined;
    };
  }, [labels, palette, width === 0]);
  useLayoutEffect(() => {
    const made = plot.current;
    const isDrawn = isNew.current;
    isNew.current = false;
    if (!made || isDrawn) return;
    made.batch(() => {
      made.setData(columns(props.data), false);
      made.setScale("x", { min: props.from, max: props.to });
    });
  }, [props.data, props.from, props.to, props.thresholds, labels, palette, width === 0]);
  // Lines stay as they are where only what stands above them is new.
  useLayoutEffect(() => plot.current?.redraw(false), [props.marks]);
  useEffect(() => {
    if (plot.current && width > 0 && plot.current.width !== width) plot.current.setSize({ width, height: HEIGHT });
  }, [width]);

  const last = props.data.times.length - 1;
  const shown = at ?? last;
  const time = props.data.times[shown];
  const most = useMemo(() => props.data.lines.reduce((all, { values }) => values.reduce<number>((max, value) => Math.max(max, value ?? 0), all), 0), [props.data]);
  const beyond = (props.thresholds ?? []).filter(({ value }) => value > most * NEAR);
  return (
    <div class="chart">
      <div class="legend">
        <h3>{props.title}</h3>
        {props.data.lines.map(({ label, values }, place) => {
          // The last place may be a gap of this series only.
          const value = at === null ? values.findLast((each) => each !== null) : values[shown];
          const figure = props.format(value);
          return <span key={label} title={figure.exact}><i class={`swatch c${(place % inks.length) + 1}`} />{visible(label)} <b>{figure.text}</b></span>;
        })}
        {beyond.map(({ value, label }) => <span key={label} title={`A threshold above what is shown: ${props.format(value).exact}`}>↑ {label}</span>)}
        {at !== null && time !== undefined && <span>{day(time * 1000)} {clockTime(time * 1000)}</span>}
      </div>
      <div class="plot" ref={host} role="img" aria-label={`Chart: ${props.title}`} />
      {note && <div class="note">{clockTime(note.at * 1000)} {visible(note.text)}</div>}
    </div>
  );
}

const columns = (data: Aligned): uPlot.AlignedData => [data.times, ...data.lines.map(({ values }) => values)];

type Hooks = { thresholds(): readonly Threshold[];  draw(self: uPlot): void; cursor(self: uPlot): void; zoom(from: number, to: number): void; unzoom(): void };

function options(props: Props, width: number, palette: Palette, hooks: Hooks): uPlot.Options {
  const grid = { stroke: palette.line, width: 1 };
  const axis = { stroke: palette.muted, grid, ticks: { show: false }, font: "11px system-ui, sans-serif" };
  return {
    width,
    height: HEIGHT,
    padding: [6, 6, 0, 0],
    legend: { show: false },
    cursor: { sync: { key: props.group }, drag: { x: true, y: false, setScale: false }, points: { size: 6 }, y: false },
    select: { show: true, left: 0, top: 0, width: 0, height: 0 },
    scales: {
      x: { time: true, min: props.from, max: props.to, range: (_self, min, max) => [min, max] },
      y: { range: (_self, _min, max) => [0, bound(max, hooks.thresholds())] },
    },
    axes: [
      { ...axis, space: 70, values: timeTicks, size: 24 },
      { ...axis, size: 62, space: 34, ...(props.binary ? { incrs: BINARY } : {}), values: (_self, ticks) => ticks.map((tick) => props.format(tick).text) },
    ],
    series: [
      {},
      ...props.data.lines.map(({ label }, place) => {
        const ink = palette[inks[place % inks.length] ?? "series-1"];
        return { label, stroke: ink, width: 1.5, fill: props.data.lines.length === 1 ? `color-mix(in srgb, ${ink} 12%, transparent)` : "", points: { show: false }, spanGaps: false };
      }),
    ],
    hooks: {
      draw: [hooks.draw],
      setCursor: [hooks.cursor],
      setSelect: [(self) => {
        if (self.select.width < 4) return;
        hooks.zoom(self.posToVal(self.select.left, "x"), self.posToVal(self.select.left + self.select.width, "x"));
        self.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
      }],
      ready: [(self) => self.over.addEventListener("dblclick", hooks.unzoom)],
    },
  };
}

/** Thresholds come into sight when the values come near, and do not flatten small ones before. */
function bound(max: number | null, thresholds: readonly Threshold[]): number {
  const most = max ?? 0;
  const near = thresholds.filter(({ value }) => value <= most * NEAR).map(({ value }) => value);
  return Math.max(most, ...near, 1e-6) * 1.1;
}

function timeTicks(self: uPlot, ticks: number[]): string[] {
  const { min = 0, max = 0 } = self.scales["x"] ?? {};
  const long = (max ?? 0) - (min ?? 0);
  // The last one would be cut at the edge.
  return ticks.map((tick) => self.valToPos(tick, "x") > self.bbox.width / devicePixelRatio - 16 ? ""
    : long > 2 * 86_400 ? day(tick * 1000) : clockTime(tick * 1000).slice(0, long < 900 ? 8 : 5));
}
