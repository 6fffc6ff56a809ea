// What can be done about an alert: take notice of it, keep it from receivers for a while, or clear it.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { api } from "../api/client";
import type * as Schema from "../api/schema";
import { visible } from "../format/text";
import { plural } from "../format/units";
import { confirm, Dialog } from "../kit/dialog";
import { toast } from "../kit/toasts";
import { refresh } from "../store/live";
import { Act, fail } from "./pieces";

const lengths = [["3600", "1 hour"], ["14400", "4 hours"], ["28800", "8 hours"], ["86400", "1 day"], ["604800", "1 week"], ["2592000", "30 days"]] as const;

const quoted = (text: string): string => `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;

/** Conditions that this alert satisfies and that name what it is about. */
const conditionsOf = (labels: Record<string, string>): string =>
  Object.entries(labels).filter(([name]) => name !== "severity").map(([name, value]) => `${name}=${quoted(value)}`).join("\n");

type Asked = { title: string; action: string; close(): void; make(comment: string): Promise<unknown>; disabled?: boolean; children: ComponentChildren };

/** A dialog that asks for a word for others, and does something with it. */
function Ask({ title, action, close, make, disabled, children }: Asked) {
  const [comment, setComment] = useState("");
  const submit = (): void => {
    make(comment).then(() => {
      refresh("alerts");
      close();
    }, fail);
  };
  return (
    <Dialog title={title} close={close} submit={submit}>
      {children}
      <label class="field"><span>Comment, for others</span>
        <input class="input" maxLength={1000} value={comment} onInput={(event) => setComment(event.currentTarget.value)} />
      </label>
      <footer><button type="button" class="button" onClick={close}>Cancel</button><button type="submit" class="button primary" disabled={disabled}>{action}</button></footer>
    </Dialog>
  );
}

/** Asks how long and why, and makes a silence. */
export function SilenceDialog({ labels, close }: { labels: Record<string, string>; close(): void }) {
  const [conditions, setConditions] = useState(conditionsOf(labels));
  const [seconds, setSeconds] = useState("3600");
  const matchers = conditions.split("\n").map((line) => line.trim()).filter(Boolean);
  const make = async (comment: string): Promise<void> => {
    const made = await api.silence({ matchers, seconds: Number(seconds), comment });
    toast(`Silence ${made.id} keeps ${plural(made.alerts, "alert")} from receivers now`, "good");
  };
  return (
    <Ask title="Silence" action={`Silence for ${lengths.find(([value]) => value === seconds)?.[1]}`} close={close} make={make} disabled={matchers.length === 0}>
      <p>Receivers are not told of alerts that satisfy all conditions, until it ends or is ended.</p>
      <label class="field"><span>Conditions, one a line, with =, !=, =~ or !~</span>
        <textarea class="input mono" rows={4} spellcheck={false} value={conditions} onInput={(event) => setConditions(event.currentTarget.value)} />
      </label>
      <label class="field"><span>For</span>
        <select class="input" value={seconds} onChange={(event) => setSeconds(event.currentTarget.value)}>{lengths.map(([value, text]) => <option key={value} value={value}>{text}</option>)}</select>
      </label>
    </Ask>
  );
}

async function clear(alert: Schema.Alert): Promise<void> {
  const body = <p>Ends <b>{visible(alert.summary)}</b>. If its condition holds on, it comes back after the time of its rule.</p>;
  if (!(await confirm({ title: "Clear this alert?", body, action: "Clear" }))) return;
  await api.clearAlert(alert.id);
  refresh("alerts");
}

export function AlertActions({ alert, silenced }: { alert: Schema.Alert; silenced(): void }) {
  const [asks, setAsks] = useState<"" | "ack" | "silence">("");
  const close = (): void => setAsks("");
  return (
    <div class="row">
      {!alert.acknowledged && <button class="button" onClick={() => setAsks("ack")}>Acknowledge</button>}
      <button class="button" onClick={() => setAsks("silence")}>Silence …</button>
      <Act run={() => clear(alert)}>Clear</Act>
      {asks === "ack" && <Ask title="Acknowledge" action="Acknowledge" close={close} make={(comment) => api.acknowledge(alert.id, comment)}>
        <p><b>{visible(alert.summary)}</b></p>
        <p>It is not repeated and not escalated from now on. Its end is still told.</p>
      </Ask>}
      {asks === "silence" && <SilenceDialog labels={alert.labels} close={() => { close(); silenced(); }} />}
    </div>
  );
}
