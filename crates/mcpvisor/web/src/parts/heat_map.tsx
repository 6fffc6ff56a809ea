// The heat map itself: a canvas of hours beside the names of servers. The pointer or the arrow keys choose an hour,
// which is told in words below.
import { useEffect, useRef, useState } from "preact/hooks";
import { visible } from "../format/text";
import { clockTime, day, utc } from "../format/time";
import { usePalette, type Palette } from "../kit/palette";
import { Name } from "../kit/ui";
import { useWidth } from "../kit/width";
import { link } from "../router";
import { live } from "../store/live";
import { HOUR, type Heat, type HeatRow, type Measure } from "./heat_data";

const ROW = 22;
const TOP = 18;
/** Least width of an hour; below it the map scrolls sideways. */
const LEAST = 3;

/** Colour and opacity of a value. Availability has steps by what they mean, the others a scale up to the largest. */
export function shade(value: number, most: number, isUp: boolean, palette: Palette): [string, number] {
  if (!isUp) return [palette["series-1"], 0.1 + 0.9 * Math.sqrt(most > 0 ? value / most : 0)];
  if (value >= 0.999) return [palette.green, 0.85];
  if (value >= 0.95) return [palette.green, 0.45];
  if (value >= 0.5) return [palette.yellow, 0.5];
  return value > 0 ? [palette.orange, 0.9] : [palette.red, 0.9];
}

/** The page of a server; the history knows it by its names, and one that is gone has none. */
function placeOf({ server, owner }: HeatRow): string | undefined {
  const found = live.get().snapshot?.servers.find((each) => each.name === server && each.owner === owner);
  return found && link("server", found.id);
}

type At = { row: number; hour: number };

export function HeatMap({ heat, measure, isUp }: { heat: Heat; measure: Measure; isUp: boolean }) {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const palette = usePalette();
  const width = Math.max(useWidth(box), heat.hours * LEAST);
  const cell = width / heat.hours;
  const height = TOP + heat.rows.length * ROW;
  const [at, setAt] = useState<At>();
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!canvas.current || !context || width === 0) return;
    const scale = devicePixelRatio || 1;
    canvas.current.width = Math.round(width * scale);
    canvas.current.height = Math.round(height * scale);
    context.scale(scale, scale);
    draw(context, heat, cell, isUp, palette);
  }, [heat, width, height, palette, isUp]);
  // What is at the right end is of now.
  useEffect(() => box.current?.scrollTo(1e6, 0), [heat.hours]);

  const point = (event: MouseEvent): void => {
    const { left, top } = (event.currentTarget as Element).getBoundingClientRect();
    const row = Math.floor((event.clientY - top - TOP) / ROW);
    const hour = Math.floor((event.clientX - left) / cell);
    setAt(heat.rows[row] && hour >= 0 && hour < heat.hours ? { row, hour } : undefined);
  };
  const move = (event: KeyboardEvent): void => {
    const [down, right] = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1] }[event.key] ?? [0, 0];
    if (!down && !right) return;
    event.preventDefault();
    const old = at ?? { row: 0, hour: heat.hours - 1 };
    setAt(at === undefined ? old : { row: Math.min(heat.rows.length - 1, Math.max(0, old.row + (down ?? 0))), hour: Math.min(heat.hours - 1, Math.max(0, old.hour + (right ?? 0))) });
  };
  const row = at && heat.rows[at.row];
  const time = heat.start + (at?.hour ?? 0) * HOUR;
  return (
    <>
      <p class="row" aria-live="polite" style={{ minHeight: "24px", marginBottom: "6px" }}>
        {at && row ? <><b>{visible(row.server)}</b> <span class="muted">{visible(row.owner)}</span> <span title={utc(time)}>{day(time)} {clockTime(time).slice(0, 5)} – {clockTime(time + HOUR).slice(0, 5)}</span> <b>{measure.format(row.values[at.hour] ?? null).text}</b></>
          : <span class="muted small">Point at an hour; {measure.about}.</span>}
      </p>
      <div class="heat">
        <div style={{ paddingTop: `${TOP}px` }}>
          {heat.rows.map((each) => <a key={`${each.server}\0${each.owner}`} class="row" style={{ flexWrap: "nowrap" }} href={placeOf(each)}>
            <span class="grow cut"><Name text={each.server} /></span><span class="muted num" title={`mean: ${measure.format(each.mean).exact}`}>{measure.format(each.mean).text}</span>
          </a>)}
        </div>
        <div ref={box} style={{ overflowX: "auto", position: "relative" }}>
          <canvas ref={canvas} tabIndex={0} role="img" style={{ width: `${width}px`, height: `${height}px` }}
            aria-label={`${measure.title} of ${heat.rows.length} servers by hour; arrow keys choose an hour`}
            onMouseMove={point} onMouseLeave={() => setAt(undefined)} onKeyDown={move} onClick={point} />
          {at && row && <i class="heat-at" style={{ left: `${at.hour * cell}px`, top: `${TOP + at.row * ROW}px`, width: `${cell}px`, height: `${ROW - 2}px` }} />}
        </div>
      </div>
    </>
  );
}

function draw(context: CanvasRenderingContext2D, heat: Heat, cell: number, isUp: boolean, palette: Palette): void {
  const gap = cell > 5 ? 1 : 0;
  context.font = "11px system-ui, sans-serif";
  context.fillStyle = palette.muted;
  let free = -Infinity;
  for (let hour = 0; hour < heat.hours; hour += 1) {
    const time = heat.start + hour * HOUR;
    const x = hour * cell;
    if (new Date(time).getHours() !== 0 || x < free || x + 40 > cell * heat.hours) continue;
    context.globalAlpha = 1;
    context.fillText(day(time), x + 2, 12);
    free = x + 52;
  }
  heat.rows.forEach(({ values }, row) => {
    const y = TOP + row * ROW;
    values.forEach((value, hour) => {
      // Nothing known is a thin line, never a colour of the scale.
      const [ink, alpha] = value === null ? [palette.line, 1] : shade(value, heat.most, isUp, palette);
      context.fillStyle = ink;
      context.globalAlpha = alpha;
      const x = Math.floor(hour * cell);
      const wide = Math.max(1, Math.floor((hour + 1) * cell) - x - gap);
      if (value === null) context.fillRect(x, y + ROW / 2 - 2, wide, 1);
      else context.fillRect(x, y, wide, ROW - 2);
    });
  });
}
