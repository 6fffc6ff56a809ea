// The policy in force, and what it has done or would have done, with the evidence.
import { api } from "../api/client";
import type * as Schema from "../api/schema";
import { visible, words } from "../format/text";
import { Badge, Empty, Panel, When, type Hue } from "../kit/ui";
import { live } from "../store/live";
import { useLoad } from "../store/load";
import { useStore } from "../store/store";
import { Answer, Code, Fold, Lines, Long } from "./pieces";

/** The sections of a TOML text whose names begin with one of these. */
export const sectionsOf = (text: string, ...names: string[]): string =>
  text.split(/\n\n(?=\[)/).filter((section) => names.some((name) => /^\[+([\w-]+)/.exec(section)?.[1] === name)).join("\n\n");

/** What the daemon tells of a decision; the rest differs from step to step. */
type Told = { rule?: string; step?: string; what?: string; why?: string; evidence?: string[]; pids?: number[] };

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
const strings = (value: unknown): string[] => (Array.isArray(value) ? value.filter((each): each is string => typeof each === "string") : []);

/** Everything that goes with an act, a line each: strings as they are, the rest as JSON. */
function linesOf(data: unknown): string[] {
  if (!isRecord(data)) return [];
  const told: Told & Record<string, unknown> = isRecord(data["policy"]) ? data["policy"] : data;
  const rest = Object.entries(told).filter(([name, value]) => name !== "evidence" && value !== null);
  return [...strings(told.evidence), ...rest.map(([name, value]) => `${words(name)}: ${typeof value === "string" ? words(value) : JSON.stringify(value)}`)];
}

function hueOf(entry: Schema.AuditEntry): Hue {
  if (entry.phase === "dry_run") return "grey";
  return entry.outcome.startsWith("done") ? "green" : entry.phase === "begin" ? "accent" : "orange";
}

export function PolicyPanel() {
  const epoch = useStore(live, (value) => value.epoch);
  const config = useLoad(() => api.config(), [epoch]);
  const acts = useLoad(() => api.audit({ limit: 1000 }), [epoch], 15_000);
  const decisions = useLoad((signal) => api.changes({ kind: "action", limit: 100 }, signal), [epoch], 15_000);
  const policy = sectionsOf(config.data?.text ?? "", "policy");
  const mode = /^mode = "(\w+)"/m.exec(policy)?.[1];
  return (
    <Panel title={<>Policy {mode && <Badge hue={mode === "enforce" ? "orange" : "grey"}>{mode}</Badge>}</>} flush label="Policy"
      aside={mode && <span>{mode === "enforce" ? "acts by itself when alerts fire" : "only says what it would do"}</span>}>
      <Answer of={config}>{() => <div style={{ padding: "8px 14px" }}><Fold title="In force"><Code text={policy} label="Policy in force" /></Fold></div>}</Answer>
      <Answer of={acts}>{({ entries }) => {
        const ofPolicy = entries.filter(({ actor }) => actor === "policy");
        // The latest first: what has ended need not be told to have begun.
        const own = ofPolicy.filter((entry, at) => entry.phase !== "begin"
          || ofPolicy.slice(0, at).findLast(({ command, target }) => command === entry.command && target === entry.target)?.phase !== "end");
        if (own.length === 0) return <Empty title="The policy has not acted"><p>Ladders say what is tried against the alerts of a rule: <code>[policy.ladders]</code> in the configuration.</p></Empty>;
        return <Long all={own} row={(entry) => (
          <li class="pick" key={entry.id}><div>
            <div class="row spread"><span class="row"><b>{words(entry.command)}</b> {visible(entry.target)} <Badge hue={hueOf(entry)}>{words(entry.phase)}</Badge></span><span class="muted small"><When at={entry.at} /></span></div>
            <span class="muted">{visible(entry.outcome)}</span>
            <Fold title="Evidence"><Lines all={linesOf(entry.data)} /></Fold>
          </div></li>
        )} />;
      }}</Answer>
      <Answer of={decisions}>{({ changes }) => changes.length === 0 ? null : (
        <div style={{ padding: "8px 14px" }}>
          <Fold title={`Decisions, also to wait: ${changes.length}`}>
            {changes.map(({ id, at, title, data }) => <div key={id}><When at={at} /> {visible(title)}<Lines all={linesOf(data)} /></div>)}
          </Fold>
        </div>
      )}</Answer>
    </Panel>
  );
}
