// What could be removed: the daemon's plan, with why and what it costs. A person selects, sees what would happen to
// how many processes, and carries out just that plan.
import { useEffect, useMemo, useState } from "preact/hooks";
import { api, Problem } from "../api/client";
import type * as Schema from "../api/schema";
import { visible, words } from "../format/text";
import { bytes, duration, plural } from "../format/units";
import { confirm } from "../kit/dialog";
import { toast } from "../kit/toasts";
import { Badge, Empty, Panel } from "../kit/ui";
import { live, refresh } from "../store/live";
import { useLoad } from "../store/load";
import { useStore } from "../store/store";
import { Act, Answer, Fold, Lines } from "./pieces";

const many = (number: number): string => plural(number, "process", "processes");

type Processes = ReadonlyMap<number, Schema.ProcessReport>;
const memoryOf = (process: Schema.ProcessReport | undefined): number => process?.pss_bytes ?? process?.rss_bytes ?? 0;

/** Something that can be chosen; `word` is what `only` calls it. */
type Choice = { word: string; kind: string; name: string; detail: string; reasons: string[]; list: string[]; pids: number; memory: number };

function choices(plan: Schema.PlanReport, known: Processes): Choice[] {
  return [
    ...plan.removals.map((each) => ({
      word: String(each.root_pid), kind: "instance", name: each.name, detail: `of ${each.owner}, PID ${each.root_pid}`, pids: each.pids.length,
      reasons: [...each.reasons, ...each.spared.map(({ pid, why }) => `PID ${pid} is left alone: ${why}`)], list: each.pids.map((pid) => `${pid} ${known.get(pid)?.cmdline ?? ""}`),
      memory: each.pids.reduce((sum, pid) => sum + memoryOf(known.get(pid)), 0),
    })),
    ...(plan.containers ?? []).map((each) => ({
      word: each.container, kind: "container", name: each.name, detail: `${each.image}, of ${each.owner}, ${each.certainty}`, pids: 0,
      reasons: each.reasons, list: [each.container], memory: each.memory_bytes ?? 0,
    })),
    ...(plan.files ?? []).map(({ path, reason }) => ({ word: path, kind: "file", name: path, detail: "", pids: 0, reasons: [reason], list: [], memory: 0 })),
  ];
}

const pidsOf = (all: readonly Choice[]): number => all.reduce((sum, each) => sum + each.pids, 0);

/** `2 instances with 5 processes, and 1 file`. */
function told(all: readonly Choice[]): string {
  return ["instance", "container", "file"].flatMap((kind) => {
    const some = all.filter((each) => each.kind === kind);
    const pids = pidsOf(some);
    return some.length > 0 ? `${plural(some.length, kind)}${pids > 0 ? ` with ${many(pids)}` : ""}` : [];
  }).join(" and ");
}

export function CleanPlan({ done }: { done(report: Schema.CleanReport): void }) {
  const [out, setOut] = useState<ReadonlySet<string>>(new Set());
  const details = useStore(live, (value) => value.details);
  const found = useStore(live, (value) => value.findings?.map(({ id }) => id).join() ?? "");
  const answer = useLoad(() => api.clean({}), []);
  // Another finding may be another plan; what is shown stays until that is there.
  useEffect(() => answer.again(), [found]);
  const known: Processes = useMemo(() => new Map([...details.values()].flatMap(({ instances }) => instances.flatMap(({ processes }) =>
    processes.map((process) => [process.pid, process] as const)))), [details]);
  const all = answer.data ? choices(answer.data.plan, known) : [];
  const chosen = all.filter(({ word }) => !out.has(word));
  const memory = chosen.reduce((sum, each) => sum + each.memory, 0);

  const apply = async (isDry: boolean): Promise<void> => {
    const only = chosen.length < all.length ? { only: chosen.map(({ word }) => word) } : {};
    const planned = await api.clean(only);
    const now = choices(planned.plan, known);
    if (now.length === 0) {
      toast("Nothing of this is there any more");
      return answer.again();
    }
    const pids = pidsOf(now);
    const body = (
      <div class="stack">
        <p>Removes {told(now)}{memory > 0 ? `, about ${bytes(memory).text}` : ""}. {pids > 0 && "Processes get SIGTERM, then SIGKILL. "}
          If the machine has changed meanwhile, nothing happens. This cannot be undone.</p>
        <ul class="list mono">{now.map((each) => [<li key={each.word}><b>{visible(each.name)}</b></li>, ...each.list.map((line) => <li class="cut" title={visible(line)}>{visible(line)}</li>)])}</ul>
        <p class="muted small">Plan {planned.plan.plan_id}{isDry && ", a dry run: nothing was done"}</p>
      </div>
    );
    const yes = await confirm({ title: isDry ? "What would be removed" : `Remove ${told(now)}?`, body, action: isDry ? "Go on to remove it" : pids > 0 ? `End ${many(pids)}` : "Remove", danger: true });
    if (!yes) return;
    if (isDry) return apply(false);
    try {
      done(await api.clean({ ...only, apply: true, plan_id: planned.plan.plan_id }));
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 409) throw error;
      toast("The machine has changed, so nothing was done. The plan is new now.", "bad");
    }
    refresh("servers", "findings", "containers");
    answer.again();
  };
  const toggle = (word: string): void => {
    const next = new Set(out);
    if (!next.delete(word)) next.add(word);
    setOut(next);
  };
  const aside = (
    <>
      <Act run={() => apply(true)} disabled={chosen.length === 0}>Dry run</Act>
      <Act run={() => apply(false)} disabled={chosen.length === 0} tone="danger primary">{chosen.length > 0 ? `Remove ${told(chosen)} …` : "Remove"}</Act>
    </>
  );
  return (
    <Panel title="Clean" aside={aside} flush label="What can be removed">
      <Answer of={answer}>{({ plan }) => (
        <>
          {all.length === 0 ? <Empty title="Nothing is to be removed"><p>No server was left behind by an owner that has ended.</p></Empty> : (
            <ul>{all.map((each) => (
              <li class="pick" key={each.word}>
                <input type="checkbox" checked={!out.has(each.word)} aria-label={`Remove ${visible(each.name)}`} onChange={() => toggle(each.word)} />
                <div>
                  <div class="row spread">
                    <span><b>{visible(each.name)}</b> <span class="muted">{visible(each.detail)}</span></span>
                    <span class="muted small">{[each.pids > 0 && many(each.pids), each.memory > 0 && bytes(each.memory).text].filter(Boolean).join(" · ")}</span>
                  </div>
                  <Lines all={each.reasons} />
                  {each.list.length > 0 && <Fold title={each.kind === "instance" ? "Processes" : "Id"}><ul class="lines mono">{each.list.map((line) => <li key={line}>{visible(line)}</li>)}</ul></Fold>}
                </div>
              </li>
            ))}</ul>
          )}
          <Refused plan={plan} />
        </>
      )}</Answer>
    </Panel>
  );
}

/** What looks left over and is not taken, and why. */
function Refused({ plan }: { plan: Schema.PlanReport }) {
  const all = [
    ...plan.refused.map(({ name, root_pid, reasons }) => ({ id: `PID ${root_pid}`, name, reasons })),
    ...(plan.containers_refused ?? []).map(({ container, name, reason, verdict, wait_seconds }) => ({ id: container.slice(0, 12), name, reasons: [{ kind: verdict, detail: reason, wait_seconds }] })),
  ];
  if (all.length === 0) return null;
  return (
    <div class="pick"><div>
      <Fold title={`Left alone: ${all.length}`} open>
        {all.map(({ id, name, reasons }) => (
          <div key={id}>
            <b>{visible(name)}</b> <span class="muted">{id}</span>
            {reasons.map(({ kind, detail, wait_seconds }, at) => <div class="small muted" key={at}><Badge>{words(kind)}</Badge> {visible(detail)}{wait_seconds ? `; not any more in ${duration(wait_seconds).text}` : ""}</div>)}
          </div>
        ))}
      </Fold>
    </div></div>
  );
}
