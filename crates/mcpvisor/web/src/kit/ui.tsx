// Small parts: figures, names, times, badges, panels, and what stands where there is nothing to show.
import type { ComponentChildren } from "preact";
import { GONE, type Problem } from "../api/client";
import type { Level, Severity } from "../api/schema";
import { duration, type Figure } from "../format/units";
import { moment, utc } from "../format/time";
import { visible, words } from "../format/text";
import { useNow } from "../store/clock";

/** A colour by its meaning. */
export type Hue = "green" | "yellow" | "orange" | "red" | "accent" | "grey";

/** A figure; the exact value shows on hover. */
export function Num({ figure }: { figure: Figure }) {
  return <span class="num" title={figure.exact}>{figure.text}</span>;
}

/** A stranger's text, cut where there is no room, whole on hover. */
export function Name({ text, strong }: { text: string; strong?: boolean }) {
  const shown = visible(text);
  return <span class="cut" dir="auto" title={shown}>{strong ? <b>{shown}</b> : shown}</span>;
}

/** A time: local, with UTC on hover. */
export function When({ at }: { at: string | number }) {
  const time = typeof at === "number" ? at : Date.parse(at);
  return <time class="num" dateTime={new Date(time).toISOString()} title={utc(time)}>{moment(time)}</time>;
}

/** How long ago; it goes on by itself. */
export function Ago({ at, suffix = " ago" }: { at: string | number; suffix?: string }) {
  const time = typeof at === "number" ? at : Date.parse(at);
  const age = useNow((now) => duration(Math.max(0, Math.floor((now - time) / 1000))).text);
  return <time class="num" dateTime={new Date(time).toISOString()} title={utc(time)}>{age}{suffix}</time>;
}

/** A word with a colour. */
export function Badge({ hue = "grey", title, children }: { hue?: Hue; title?: string; children: ComponentChildren }) {
  return <span class={`badge ${hue}`} title={title}>{children}</span>;
}

const severities: Record<Severity, Hue> = { info: "grey", warning: "yellow", error: "orange", critical: "red" };
/** How bad. */
export function SeverityBadge({ severity }: { severity: Severity }) {
  return <Badge hue={severities[severity]}>{severity}</Badge>;
}

/** Severities from the worst. */
export const bySeverity: Record<Severity, number> = { critical: 0, error: 1, warning: 2, info: 3 };

const states: Record<string, Hue> = {
  running: "green", not_running: "grey", disabled: "grey", duplicate: "yellow", surplus: "yellow", stopped: "orange",
  zombie: "orange", orphan: "red", starting: "accent", stopping: "accent", degraded: "yellow", backoff: "orange", failed: "red",
};
/** The state of a server. */
export function StateBadge({ state }: { state: string }) {
  return <Badge hue={states[state] ?? "grey"}>{words(state)}</Badge>;
}

/** A dot in the colour of a level. */
export function LevelDot({ level }: { level: Level }) {
  return <span class={`dot ${level === "unknown" ? "muted hollow" : level}`} aria-hidden="true" />;
}

/** A box with a title. `flush`: its contents reach the edges. */
export function Panel(props: { title: ComponentChildren; aside?: ComponentChildren; flush?: boolean; children: ComponentChildren; label?: string }) {
  return (
    <section class="panel" aria-label={props.label}>
      <header><h2>{props.title}</h2>{props.aside !== undefined && <div class="aside">{props.aside}</div>}</header>
      <div class={props.flush ? "flush" : "body"}>{props.children}</div>
    </section>
  );
}

/** A choice of few. */
export function Segments<T extends string>(props: { label: string; value: T; choices: readonly (readonly [T, string])[]; choose(value: T): void }) {
  return (
    <div class="segments" role="group" aria-label={props.label}>
      {props.choices.map(([value, text]) => (
        <button key={value} type="button" aria-pressed={value === props.value} onClick={() => props.choose(value)}>{text}</button>
      ))}
    </div>
  );
}

/** Nothing to show, and what to do. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return <div class="state"><strong>{title}</strong>{children}</div>;
}

/** It is on its way. */
export function Loading({ what = "Loading" }: { what?: string }) {
  return <div class="state pulse" role="status">{what} …</div>;
}

/** It could not be had: gone, refused, or wrong. */
export function Failed({ problem, again }: { problem: Problem; again?: () => void }) {
  const title = problem.status === 0 ? "The daemon does not answer"
    : problem.status === 401 || problem.status === 403 ? "This is not allowed here"
    : problem.status === 404 ? "There is no such thing (any more)"
    : "This could not be had";
  return (
    <div class="state" role="alert">
      <strong>{title}</strong>
      <p>{problem.message === GONE ? <>If it has ended, <code>mcpvisor serve</code> starts it again.</> : visible(problem.message)}</p>
      {again && <button class="button" onClick={again}>Try again</button>}
    </div>
  );
}
