// Figures as people read them. What is not known is a dash, never zero; the exact value goes with it for hovering.

/** A figure for the eye, and exactly. */
export type Figure = { text: string; exact: string };

const NONE: Figure = { text: "–", exact: "not known" };

/** `1,204,312.5`: at most three places behind the point. By hand, since a table has hundreds of figures. */
function grouped(value: number): string {
  const [whole, rest] = String(Math.round(value * 1000) / 1000).split(".");
  return (whole ?? "").replace(/\B(?=(\d{3})+$)/g, ",") + (rest ? `.${rest}` : "");
}

const three = (value: number): string => {
  const size = Math.abs(value);
  return size >= 100 || Number.isInteger(value) ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : value.toFixed(2);
};

type Maybe = number | null | undefined;
const known = (value: Maybe): value is number => typeof value === "number" && Number.isFinite(value);

/** `412 MiB`. */
export function bytes(value: Maybe): Figure {
  if (!known(value)) return NONE;
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let shown = value;
  let at = 0;
  while (Math.abs(shown) >= 1000 && at < units.length - 1) {
    shown /= 1024;
    at += 1;
  }
  return { text: `${three(shown)} ${units[at]}`, exact: `${grouped(value)} bytes` };
}

/** `12 %`, of one processor or of a whole. */
export function percent(value: Maybe): Figure {
  if (!known(value)) return NONE;
  const text = value !== 0 && Math.abs(value) < 0.1 ? "<0.1" : value >= 100 ? value.toFixed(0) : value.toFixed(1);
  return { text: `${text} %`, exact: `${grouped(value)} %` };
}

/** `1,204`, or `1.2 M`. */
export function count(value: Maybe): Figure {
  if (!known(value)) return NONE;
  const exact = grouped(value);
  if (Math.abs(value) < 100_000) return { text: Number.isInteger(value) ? exact : three(value), exact };
  const units = ["k", "M", "G", "T"];
  let shown = value / 1000;
  let at = 0;
  while (Math.abs(shown) >= 1000 && at < units.length - 1) {
    shown /= 1000;
    at += 1;
  }
  return { text: `${three(shown)} ${units[at]}`, exact };
}

/** `3 d 4 h`: two units at most. */
export function duration(seconds: Maybe): Figure {
  if (!known(seconds)) return NONE;
  const exact = `${grouped(seconds)} s`;
  if (seconds < 1) return { text: seconds === 0 ? "0 s" : `${three(seconds * 1000)} ms`, exact };
  const steps: [string, number][] = [["d", 86_400], ["h", 3_600], ["min", 60], ["s", 1]];
  const first = steps.findIndex(([, width]) => seconds >= width);
  const [name, width] = steps[first] ?? ["s", 1];
  const whole = Math.floor(seconds / width);
  const next = steps[first + 1];
  const rest = next ? Math.floor((seconds - whole * width) / next[1]) : 0;
  return { text: rest > 0 && next ? `${whole} ${name} ${rest} ${next[0]}` : `${whole} ${name}`, exact };
}

/** A ratio as percent. */
export function ratio(value: Maybe): Figure {
  return known(value) ? { text: percent(value * 100).text, exact: grouped(value) } : NONE;
}

/** By the unit that the daemon names; `rate`: of a counter, a second. */
export function byUnit(unit: string, rate = false): (value: Maybe) => Figure {
  const plain = unit === "bytes" ? bytes : unit === "seconds" ? duration : unit === "ratio" ? ratio : unit === "percent" ? percent : count;
  if (!rate) return plain;
  return (value) => {
    const figure = plain(value);
    return known(value) ? { text: `${figure.text}/s`, exact: `${figure.exact} a second` } : figure;
  };
}

/** `1 process`, `3 processes`. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value).text} ${value === 1 ? one : many}`;
}
