// A small line on a canvas: filled below, gaps left out, with an optional threshold. It draws when its values, its
// width or the theme change.
import { useEffect, useRef } from "preact/hooks";
import { usePalette, type ColourName } from "./palette";
import { useWidth } from "./width";

type Props = {
  values: readonly (number | null)[];
  height?: number;
  colour?: ColourName;
  /** Drawn as a dashed line, if it is in sight. */
  threshold?: number | undefined;
  /** The scale begins at 0 and ends at least here. */
  least?: number;
  /** What it shows, for those who cannot see it. */
  label: string;
};

export function Sparkline({ values, height = 22, colour = "series-1", threshold, least = 0, label }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const width = useWidth(canvas);
  const palette = usePalette();
  const ink = palette[colour];
  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext("2d");
    if (!element || !context || width === 0) return;
    const scale = devicePixelRatio || 1;
    element.width = Math.round(width * scale);
    element.height = Math.round(height * scale);
    context.scale(scale, scale);
    const known = values.filter((value): value is number => value !== null);
    if (known.length === 0) return;
    const most = Math.max(...known, least, 1e-9) * 1.08;
    const x = (at: number): number => (at / Math.max(1, values.length - 1)) * (width - 2) + 1;
    const y = (value: number): number => height - 1 - (value / most) * (height - 3);
    context.strokeStyle = ink;
    context.fillStyle = ink;
    context.lineWidth = 1.25;
    context.lineJoin = "round";
    for (const [from, to] of runs(values)) {
      context.beginPath();
      for (let at = from; at <= to; at += 1) context.lineTo(x(at), y(values[at] ?? 0));
      if (from === to) context.lineTo(x(from) + 1, y(values[from] ?? 0));
      context.stroke();
      context.lineTo(x(to), height);
      context.lineTo(x(from), height);
      context.globalAlpha = 0.12;
      context.fill();
      context.globalAlpha = 1;
    }
    if (threshold !== undefined && threshold <= most) {
      context.strokeStyle = palette.red;
      context.setLineDash([4, 3]);
      context.beginPath();
      context.moveTo(0, y(threshold));
      context.lineTo(width, y(threshold));
      context.stroke();
    }
  }, [values, width, height, ink, palette, threshold, least]);
  return <canvas ref={canvas} class="spark" role="img" aria-label={label} style={{ height: `${height}px` }} />;
}

/** Stretches without a gap, by their first and last places. */
function runs(values: readonly (number | null)[]): [number, number][] {
  const found: [number, number][] = [];
  let from = -1;
  values.forEach((value, at) => {
    if (value !== null && from < 0) from = at;
    if (from >= 0 && (value === null || at === values.length - 1)) {
      found.push([from, value === null ? at - 1 : at]);
      from = -1;
    }
  });
  return found;
}
