// What is drawn over a chart's lines: thresholds across it, and marks at the moments when something happened.
import type uPlot from "uplot";
import type { Severity } from "../api/schema";
import type { Mark, Threshold } from "./chart";
import type { ColourName, Palette } from "./palette";

/** What is drawn, in which colours. */
export type Drawn = { thresholds: readonly Threshold[]; marks: readonly Mark[]; palette: Palette };

const hues: Record<Severity, ColourName> = { info: "muted", warning: "yellow", error: "orange", critical: "red" };
/** Marks that are drawn at most; more would only be a bar. */
const MOST = 300;
const NEAR = 6;

/** Draws them; called after the lines. */
export function drawMarks(plot: uPlot, { thresholds, marks, palette }: Drawn): void {
  const { ctx: context, bbox } = plot;
  const scale = devicePixelRatio || 1;
  context.save();
  context.beginPath();
  context.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  context.clip();
  context.lineWidth = scale;
  context.font = `${10 * scale}px system-ui, sans-serif`;
  context.textAlign = "left";
  const top = plot.scales["y"]?.max ?? 0;
  for (const { value, label, severity } of thresholds) {
    if (value > top) continue;
    const y = Math.round(plot.valToPos(value, "y", true));
    context.strokeStyle = context.fillStyle = palette[hues[severity]];
    context.setLineDash([5 * scale, 4 * scale]);
    context.beginPath();
    context.moveTo(bbox.left, y);
    context.lineTo(bbox.left + bbox.width, y);
    context.stroke();
    context.fillText(label, bbox.left + 4 * scale, y - 3 * scale);
  }
  context.setLineDash([2 * scale, 3 * scale]);
  for (const { at, severity } of marks.slice(0, MOST)) {
    const x = Math.round(plot.valToPos(at, "x", true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    context.strokeStyle = context.fillStyle = palette[hues[severity]];
    context.globalAlpha = 0.55;
    context.beginPath();
    context.moveTo(x, bbox.top);
    context.lineTo(x, bbox.top + bbox.height);
    context.stroke();
    context.globalAlpha = 1;
    context.beginPath();
    context.moveTo(x - 4 * scale, bbox.top);
    context.lineTo(x + 4 * scale, bbox.top);
    context.lineTo(x, bbox.top + 6 * scale);
    context.fill();
  }
  context.restore();
}

/** The mark under the cursor. */
export function nearest(plot: uPlot, marks: readonly Mark[]): Mark | undefined {
  const left = plot.cursor.left ?? -1;
  if (left < 0) return undefined;
  let best: Mark | undefined;
  let least = NEAR;
  for (const mark of marks) {
    const away = Math.abs(plot.valToPos(mark.at, "x") - left);
    if (away <= least) [best, least] = [mark, away];
  }
  return best;
}
