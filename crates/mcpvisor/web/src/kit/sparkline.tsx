// A small line: filled below, gaps left out, with an optional threshold. It is a drawing of the page itself, which takes
// its width and its colours by itself and costs much less than a canvas where there are dozens.

type Props = {
  values: readonly (number | null)[];
  height?: number;
  colour?: "series-1" | "series-2";
  /** Drawn as a dashed line, if it is in sight. */
  threshold?: number | undefined;
  /** What it shows, for those who cannot see it. */
  label: string;
};

export function Sparkline({ values, height = 22, colour = "series-1", threshold, label }: Props) {
  const most = values.reduce<number>((max, value) => Math.max(max, value ?? 0), 1e-9) * 1.08;
  const y = (value: number): number => Math.round((1 - value / most) * 1000) / 10;
  let line = "";
  let area = "";
  let from = -1;
  values.forEach((value, at) => {
    const next = values[at + 1] ?? null;
    if (value === null) return;
    if (from < 0) from = at;
    line += `${from === at ? "M" : "L"}${at} ${y(value)}`;
    if (next !== null) return;
    // A point that stands alone is as wide as a pixel or two.
    if (from === at) line += "h.5";
    area += `${line.slice(line.lastIndexOf("M"))}V100H${from}Z`;
    from = -1;
  });
  return (
    <svg class="spark" viewBox={`0 0 ${Math.max(1, values.length - 1)} 100`} preserveAspectRatio="none" role="img" aria-label={label}
      style={{ height: `${height}px`, color: `var(--${colour})` }}>
      <path class="area" d={area} />
      <path d={line} />
      {threshold !== undefined && threshold <= most && <path class="red" stroke-dasharray="4 3" d={`M0 ${y(threshold)}H${values.length - 1}`} />}
    </svg>
  );
}
