// Leaves out of uPlot what no chart here uses: its own legend and texts of times, logarithmic scales, highlighting of
// the nearest series, bars and curves. They hang on its constructor, where no bundler can know that they are not
// wanted. Its version is fixed by the lock; should its source be another one day, the build fails and says so.
import type { Plugin } from "vite";

/** A name for the message, what is there, and what stands there instead. */
type Cut = [name: string, there: RegExp, instead: string];

/** A whole function, up to the brace that stands as far in as its beginning. */
const body = (name: string, indent: string): RegExp => new RegExp(`^${indent}function ${name}\\([\\s\\S]*?\\n${indent}\\}`, "m");

const cuts: Cut[] = [
  ["helpers for others", /^uPlot\.assign = assign;[\s\S]*?(?=^export \{)/m, ""],
  ["texts of ticks", /const _timeAxisVals\s+= .*;/, "const _timeAxisVals = null;"],
  ["texts of series", /isTime \? \(isStr\(sv\) \? .* : sv \|\| _timeSeriesVal\) : /, ""],
  ["texts of times", /const _timeSeriesVal\s+= .*;/, "const _timeSeriesVal = null;"],
  ["templates of ticks", /isTime \? \(\s*\/\/ config array[\s\S]*?av \|\| _timeAxisVals\s*\) :/, ""],
  ["templates of times", /const _fmtDate = .*;/, ""],
  ["tables of templates", /const _timeAxisStamps = \[\n[\s\S]*?\n\t\];/, "const _timeAxisStamps = 0;"],
  ["legend", /const showLegend = .*;/, ""],
  ["parts of the legend", /\bshowLegend\b/g, "false"],
  ["focus", /const cursorFocus = .*;/, ""],
  ["parts of the focus", /\bcursorFocus\b/g, "false"],
  ["logarithmic scales", /\b(?:\w+\.)?distr (?:== (?:3|4|100)|>= 3)(?!\d)/g, "false"],
  ["places of bars", /const mode = .*;/, ""],
  ["parts of places", /\bmode == 2\b/g, "false"],
  ["its other mode", /\bmode == 1\b/g, "true"],
  ["ordinal scales", /\b(?:\w+\.)?(?:d|xScaleD)istr == 2\b/g, "false"],
  ["rows of the legend", body("initLegendRow", "\t"), "function initLegendRow() { return nullNullTuple; }"],
  ["values of the legend", body("setLegendValues", "\t"), "function setLegendValues() {}"],
  ["hiding of series", body("setSeries", "\t"), "function setSeries() {}"],
  ["dimming of series", body("setFocus", "\t"), "function setFocus() {}"],
  ["more series", body("addSeries", "\t"), "function addSeries() {}"],
  ["fewer series", body("delSeries", "\t"), "function delSeries() {}"],
  ["bands between series", body("clipBandLine", ""), "function clipBandLine() {}"],
  ["time from the bottom up", /scaleX\.ori == 0/g, "true"],
  ["time downwards", /scaleX\.ori == 1/g, "false"],
  ["values sideways", /scaleY\.ori == 1/g, "true"],
  ["options of the legend", /const legendOpts = \{[\s\S]*?\n\};/, "const legendOpts = { markers: {}, values: [] };"],
  ["columns of the legend", /if \(legend\.live\) \{[\s\S]*?\n\t\}\n/, ""],
  ["marks of the legend", /markers\.\w+\s*= fnOrSelf\(markers\.\w+\);/g, ""],
  ["fills between series", /flags != 0 && bands\.forEach\(\(b, bi\) => \{[\s\S]*?\n\t\t\}\);/, ""],
  ["edges of fills", body("bandFillClipDirs", ""), "function bandFillClipDirs() { return [0, 0]; }"],
  ["more fills", body("addBand", "\t"), "function addBand() {}"],
  ["other fills", body("setBand", "\t"), "function setBand() {}"],
  ["its own double click", body("dblClick", "\t"), "function dblClick() {}"],
  ["milliseconds", /\bms == 1 \? (?:timeIncrsMs|timeAxisSplitsMs\(_tzDate\)) : /g, ""],
  ["tables of milliseconds", /const \[ timeIncrsMs.*\n/, ""],
  ["dots on lines", body("points", ""), "function points() { return () => null; }"],
];

/** The plugin. */
export function slimUplot(): Plugin {
  return {
    name: "slim-uplot",
    transform(code, id) {
      if (!id.endsWith("uPlot.esm.js")) return null;
      return cuts.reduce((text, [name, there, instead]) => {
        const cut = text.replace(there, instead);
        if (cut === text) throw new Error(`uPlot is not as slim_uplot.ts expects it: ${name}`);
        return cut;
      }, code);
    },
  };
}
