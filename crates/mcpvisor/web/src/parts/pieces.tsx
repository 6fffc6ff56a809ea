// What several views are made of: small tables, folded details, answers with their states, and buttons that act.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import "../styles/pieces.css";
import { Problem } from "../api/client";
import { visible } from "../format/text";
import { toast } from "../kit/toasts";
import { Failed, Loading } from "../kit/ui";
import { live } from "../store/live";
import type { Loaded } from "../store/load";
import { useStore } from "../store/store";

/** Says why something failed. */
export const fail = (error: unknown): void => toast(error instanceof Problem ? error.message : String(error), "bad");

/** A button that does something, once at a time, and says why if it fails. */
export function Act(props: { run(): Promise<void>; children: ComponentChildren; tone?: string; title?: string; disabled?: boolean }) {
  const [busy, setBusy] = useState(false);
  const act = async (): Promise<void> => {
    setBusy(true);
    await props.run().catch(fail);
    setBusy(false);
  };
  return (
    <button type="button" class={`button ${props.tone ?? ""}`} title={props.title} disabled={busy || props.disabled} aria-busy={busy} onClick={act}>
      {props.children}
    </button>
  );
}

/** What was asked for, or why it is not there. What is old stays, with the reason above it. */
export function Answer<T>({ of, children }: { of: Loaded<T>; children(data: T): ComponentChildren }) {
  const { data, problem, again } = of;
  if (data === undefined) return problem ? <Failed problem={problem} again={again} /> : <Loading />;
  return <>{problem && <p class="notice bad" role="alert">Not up to date: {visible(problem.message)}</p>}{children(data)}</>;
}

/** What the live events bring is not there yet, or will not be. */
export function NotYet() {
  const stream = useStore(live, (value) => value.stream);
  return stream.phase === "waiting" ? <Failed problem={stream.problem} /> : <Loading />;
}

/** A small table without sorting. `ends`: the first column that is of figures. On a phone its cells stand below each other. */
export function Grid(props: { label: string; heads: readonly string[]; rows: readonly (readonly ComponentChildren[])[]; ends?: number }) {
  const side = (at: number): string => (at >= (props.ends ?? Infinity) ? "end" : "");
  return (
    <div class="sideways" tabIndex={0} role="region" aria-label={props.label}>
      <table class="grid" aria-label={props.label}>
        <thead><tr>{props.heads.map((head, at) => <th key={head} scope="col" class={side(at)}>{head}</th>)}</tr></thead>
        <tbody>{props.rows.map((cells, row) => <tr key={row}>{cells.map((cell, at) => <td key={at} class={side(at)} data-head={props.heads[at]}>{cell}</td>)}</tr>)}</tbody>
      </table>
    </div>
  );
}

/** Facts a line each, of strangers: made visible. */
export function Lines({ all }: { all: readonly string[] }) {
  return <ul class="lines">{all.map((line, at) => <li key={at} dir="auto">{visible(line)}</li>)}</ul>;
}

/** Details that open. */
export function Fold({ title, children, open }: { title: ComponentChildren; children: ComponentChildren; open?: boolean }) {
  return <details class="fold" open={open}><summary>{title}</summary><div>{children}</div></details>;
}

/** Text as it is in a file. */
export function Code({ text, label }: { text: string; label: string }) {
  return <pre class="log" tabIndex={0} role="region" aria-label={label}>{spelled(text)}</pre>;
}

/** Line breaks stay, all else that is hidden is shown. */
const spelled = (text: string): string => text.split("\n").map(visible).join("\n");

/** More than anybody reads at once. */
const MANY = 100;

/** A list that tells its beginning, and the rest if that is wanted. */
export function Long<T>({ all, row }: { all: readonly T[]; row(each: T): ComponentChildren }) {
  const [most, setMost] = useState(MANY);
  return (
    <>
      <ul>{all.slice(0, most).map(row)}</ul>
      {all.length > most && <p class="state"><button class="button" onClick={() => setMost(Infinity)}>Show {all.length - most} more</button></p>}
    </>
  );
}
