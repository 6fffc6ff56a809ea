// What can be done to a server. Each destructive action names what will happen and to how many processes first.
import { useState } from "preact/hooks";
import { api, Problem, type Order } from "../api/client";
import type * as Schema from "../api/schema";
import { visible } from "../format/text";
import { bytes, plural } from "../format/units";
import { confirm } from "../kit/dialog";
import { toast } from "../kit/toasts";
import { live, refresh } from "../store/live";
import { useStore } from "../store/store";

const fail = (error: unknown): void => toast(error instanceof Problem ? error.message : String(error), "bad");
const many = (number: number): string => plural(number, "process", "processes");

const ends: Record<Order, string> = { start: "started", stop: "stopped", restart: "restarted" };

/** Orders a kept server, after a question where something ends. */
async function order(server: Schema.ServerReport, what: Order): Promise<void> {
  const { processes } = server.totals;
  const name = visible(server.name);
  const body = what === "stop"
    ? <p>Ends {many(processes)} of <b>{name}</b>. It stays stopped, also when the daemon is started again, until it is started here or by <code>mcpvisor start</code>.</p>
    : <p>Ends {many(processes)} of <b>{name}</b> and starts it again. Requests that are under way fail.</p>;
  if (what !== "start" && processes > 0 && !(await confirm({ title: `${what === "stop" ? "Stop" : "Restart"} ${name}?`, body, action: what === "stop" ? `Stop ${many(processes)}` : "Restart", danger: what === "stop" }))) return;
  const task = await api.order(server.id, what);
  if (task.error) toast(`${name}: ${task.error}`, "bad");
  else toast(task.ended_at ? `${name} is ${ends[what]}` : `${name} is being ${ends[what]}`, "good");
  refresh("supervision", "servers");
}

/** Shows the plan for this server's orphans, and carries out just that plan. */
async function clean(server: Schema.ServerReport): Promise<void> {
  const wish = { only: [server.id] };
  const { plan } = await api.clean(wish);
  const pids = plan.removals.flatMap((removal) => removal.pids);
  if (pids.length === 0) {
    const why = plan.refused.flatMap(({ reasons }) => reasons.map(({ detail }) => detail));
    toast(`Nothing of ${visible(server.name)} may be removed${why[0] ? `: ${why[0]}` : ""}`);
    return;
  }
  const body = (
    <div class="stack">
      <p>Ends {many(pids.length)} in {plural(plan.removals.length, "instance")} by SIGTERM, and by SIGKILL what does not end. This cannot be undone.</p>
      <ul class="list mono">{plan.removals.flatMap((removal) => removal.processes.map((process, at) => <li class="cut" title={visible(process)} key={removal.pids[at]}>{removal.pids[at]} {visible(process)}</li>))}</ul>
      <ul class="small muted">{[...new Set(plan.removals.flatMap(({ reasons }) => reasons))].map((reason) => <li key={reason}>{visible(reason)}</li>)}</ul>
    </div>
  );
  if (!(await confirm({ title: `Clean orphans of ${visible(server.name)}?`, body, action: `End ${many(pids.length)}`, danger: true }))) return;
  const done = await api.clean({ ...wish, apply: true, plan_id: plan.plan_id });
  const freed = done.freed;
  toast(freed ? `Ended ${many(freed.processes)}, freed ${bytes(freed.pss_bytes ?? freed.rss_bytes).text}` : `Cleaning: ${done.outcome}`, "good");
  refresh("servers", "findings");
}

/** Looks now, and tells how it is. */
async function check(server: Schema.ServerReport): Promise<void> {
  await api.servers(true);
  const health = await api.serverHealth(server.id);
  const text = health.issues.length === 0 ? "no issues" : health.issues.map(({ title }) => title).join("; ");
  toast(`${visible(server.name)} is ${health.level}: ${text}`, health.level === "green" ? "good" : "plain");
  refresh("findings", "alerts");
}

export function Actions({ server }: { server: Schema.ServerReport }) {
  const kept = useStore(live, (value) => value.kept.get(server.id));
  const [busy, setBusy] = useState<string>();
  const act = (name: string, run: () => Promise<void>) => async (): Promise<void> => {
    setBusy(name);
    await run().catch(fail);
    setBusy(undefined);
  };
  const button = (name: string, run: () => Promise<void>, tone = "", title?: string) => (
    <button class={`button ${tone}`} disabled={busy !== undefined} title={title} onClick={act(name, run)}>{busy === name ? `${name} …` : name}</button>
  );
  const isOrphan = server.instances.some(({ state }) => state === "orphan");
  const isUp = kept !== undefined && !["stopped", "failed"].includes(kept.state);
  return (
    <div class="row">
      {button("Check now", () => check(server), "", "Looks at the machine now and tells how this server is")}
      {isOrphan && button("Clean orphans", () => clean(server), "danger")}
      {kept && !isUp && button("Start", () => order(server, "start"), "primary")}
      {kept && isUp && button("Restart", () => order(server, "restart"))}
      {kept && isUp && button("Stop", () => order(server, "stop"), "danger")}
      {!kept && server.owner.alive && (
        <span class="muted small" title="Only servers of mcpvisor's own configuration can be started and stopped here">
          started by {visible(server.owner.name)}, which also ends it
        </span>
      )}
    </div>
  );
}
