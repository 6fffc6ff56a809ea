// Leaves out of uPlot what no chart here uses: its own legend and texts of times, logarithmic scales, highlighting of
// the nearest series, bars and curves. They hang on its constructor, where no bundler can know that they are not
// wanted. Its version is fixed by the lock; should its source be another one day, the build fails and says so.
import type { Plugin } from "vite";

/** A name for the message, what is there, and what stands there instead. */
type Cut = [name: string, there: RegExp, instead: string];

/** From a beginning to the brace that stands as far in. */
const block = (begin: string, indent: string): RegExp => new RegExp(`^${indent}${begin}[\\s\\S]*?\\n${indent}\\}`, "m");
/** A whole function. */
const body = (name: string, indent: string): RegExp => block(`function ${name}\\(`, indent);

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
  ["options of the legend", /const legendOpts = \{[\s\S]*?\n\};/, "const legendOpts = { live: true, markers: {}, values: [] };"],
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
  ["numbers of other languages", /const numFormatter = .*;/, ""],
  ["their texts", /const fmtNum = .*;/, "const fmtNum = String;"],
  ["the zone of the browser", /const localTz = .*;/, ""],
  ["names of days", /const days3 = .*;/, ""],
  ["names of months", /const months3 = .*;/, ""],
  ["tables of names", /const engNames = \{[\s\S]*?\n\};/, ""],
  ["steps of powers of two", /^genIncrs\(2, .*;/m, ""],
  ["whole steps", /const wholeIncrs = .*;/, "const wholeIncrs = 0;"],
  ["ranges by themselves", body("rangeNum", ""), "function rangeNum() {}"],
  ["softer ranges", body("_rangeNum", ""), "function _rangeNum() {}"],
  ["logarithmic ranges", body("rangeLog", ""), "function rangeLog() {}"],
  ["ranges of both signs", body("rangeAsinh", ""), "function rangeAsinh() {}"],
  ["ranges as lists", /let rangeIsArr = [\s\S]*?(?=\n\t{4}sc\.range)/, "const rangeIsArr = false;"],
  ["ranges that are missing", /fnOrSelf\(rn \|\|[\s\S]*?\)\);/, "rn;"],
  ["logarithmic time", /xScaleDistr == [34]/g, "false"],
  ["limits of logarithms", /sc\.clamp = .*;/, ""],
  ["values near the cursor", block("if \\(cursor\\.dataIdx == null\\) \\{", "\t"), "cursor.dataIdx = (_self, _series, at) => at;"],
  ["names of axes", block("if \\(axis\\.label != null\\) \\{", "\t\t\t"), ""],
  ["room for these", /axis\.label != null \? axis\.labelSize : 0/, "0"],
  ["their places", /if \(axis\.label != null\)\s*axis\._lpos = .*;/, ""],
  ["drawing sideways", /\(sx\.ori == 0/, "(true"],
  ["gaps sideways", /ori == 0 \? rectH : rectV/, "rectH"],
  ["round corners", body("rect", ""), "function rect() { return (p, x, y, w, h) => p.rect(x, y, w, h); }"],
  ["room at the edges", body("autoPadSide", "\t"), "function autoPadSide() { return 0; }"],
  ["its title", block("if \\(opts\\.title\\) \\{", "\t"), ""],
  ["plugins", /\(opts\.plugins \|\| \[\]\)\.forEach\(p => \{[\s\S]*?\n\t\}\);/g, ""],
  ["bands", /\tbands\.forEach\(b => \{[\s\S]*?\n\t\}\);/, ""],
  ["selections of other charts", /if \(src != null\) \{\s*let \[xKey, yKey\] = syncOpts\.scales;[\s\S]*?hideSelect\(\);\s*\}\s*else/, "if (src == null)"],
  ["zooming by itself", /if \(drag\.setScale[\s\S]*?updateCursor\(src, true, e != null\);\s*\}/, ""],
  ["dragging upwards", /let dragY = .*;/, "const dragY = false;"],
  ["directions of dragging", /dragX = drag\.x && rawDX[\s\S]*?dragX = dragY = true;/, "dragX = true;"],
  ["beginnings of that", /\bdragX = dragY = (.*;)/g, "dragX = $1"],
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
