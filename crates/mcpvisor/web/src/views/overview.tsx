// The overview: are my servers well, what do they cost, and what is to be done.
import { useMemo } from "preact/hooks";
import type * as Schema from "../api/schema";
import { bySeverity, Ago, Empty, Failed, LevelDot, Loading, Name, Num, Panel, SeverityBadge } from "../kit/ui";
import { Sparkline } from "../kit/sparkline";
import { bytes, count, percent, plural } from "../format/units";
import { sentence, visible, words } from "../format/text";
import { link } from "../router";
import { live, type Live, type Snapshot } from "../store/live";
import { sparks } from "../store/sparks";
import { useStore } from "../store/store";
import { ServersTable } from "../parts/servers_table";

export default function Overview() {
  const state = useStore(live, (value) => value);
  const { snapshot, stream } = state;
  if (!snapshot) {
    if (stream.phase !== "waiting") return <Loading what="Waiting for the first look" />;
    return <Failed problem={stream.problem} />;
  }
  return (
    <div class="stack">
      <h1 class="hidden">Overview</h1>
      <Verdict state={state} snapshot={snapshot} />
      <Tiles state={state} snapshot={snapshot} />
      <div class="two">
        <Load state={state} snapshot={snapshot} />
        <Attention state={state} snapshot={snapshot} />
      </div>
      <ServersTable />
    </div>
  );
}

const verdicts: Record<Schema.Level, string> = {
  green: "All is well",
  yellow: "Something wants a look",
  orange: "Something is wrong",
  red: "Something is badly wrong",
  unknown: "Nothing is known",
};

/** The level, and what it comes from. */
function Verdict({ state, snapshot }: { state: Live; snapshot: Snapshot }) {
  const firing = state.alerts?.filter((alert) => alert.state === "firing") ?? [];
  const found = state.findings?.filter(({ severity }) => severity !== "info") ?? [];
  const reasons = [
    ...firing.map(({ severity, summary }) => ({ severity, text: summary })),
    ...found.map(({ severity, title }) => ({ severity, text: title })),
  ].sort((left, right) => bySeverity[left.severity] - bySeverity[right.severity]);
  const text = new Set(reasons.map((reason) => reason.text));
  const shown = [...text].slice(0, 3).map(visible);
  const more = text.size - shown.length;
  const { servers, totals } = snapshot.summary;
  return (
    <section class="panel verdict" aria-label="Level of the machine">
      <LevelDot level={snapshot.level} />
      <div class="stack" style={{ gap: "2px" }}>
        <div><strong>{verdicts[snapshot.level]}</strong> <span class="muted">{snapshot.level}</span></div>
        <p class="muted">
          {shown.length > 0 ? `${shown.join(" · ")}${more > 0 ? ` · and ${more} more` : ""}`
            : `${plural(servers, "server")} with ${plural(totals.processes, "process", "processes")}; no alert fires and nothing was found.`}
        </p>
      </div>
    </section>
  );
}

function Tiles({ state, snapshot }: { state: Live; snapshot: Snapshot }) {
  const { summary } = snapshot;
  const orphans = snapshot.servers.filter((server) => server.state === "orphan").reduce((sum, { totals }) => sum + totals.instances, 0);
  const zombies = state.findings?.filter(({ kind }) => kind === "zombie").reduce((sum, { pids }) => sum + Math.max(1, pids.length), 0);
  const containers = state.containers?.containers.filter(({ mcp }) => mcp).length;
  const processes = budgetOf(state, "mcpvisor_owner_processes");
  const hasEngine = state.containers?.engines.some(({ version }) => version) ?? false;
  return (
    <div class="tiles">
      <Tile label="Servers" value={summary.servers} rest={summary.not_running > 0 ? `${summary.not_running} not running` : "all run"} />
      <Tile label="Instances" value={summary.totals.instances} rest={plural(summary.owners.length, "owner")} href="#/owners" />
      <Tile label="Processes" value={summary.totals.processes} rest={processes === undefined ? plural(summary.totals.threads, "thread") : `of ${processes} before a warning`} />
      <Tile label="Orphans" value={orphans} rest={orphans > 0 ? "owner is gone" : "none"} href="#/findings" hue={orphans > 0 ? "red" : ""} />
      <Tile label="Zombies" value={zombies} rest={zombies ? "not waited for" : "none"} href="#/findings" hue={zombies ? "orange" : ""} />
      <Tile label="Containers" value={containers} rest={hasEngine ? "of MCP servers" : "no engine"} href="#/containers" />
    </div>
  );
}

function Tile({ label, value, rest, href, hue = "" }: { label: string; value: number | undefined; rest: string; href?: string; hue?: string }) {
  const inner = [
    <span class="label">{label}</span>,
    <span class={`value ${hue}`}><Num figure={count(value)} /></span>,
    <span class="rest cut">{rest}</span>,
  ];
  return href ? <a class="tile" href={href}>{inner}</a> : <div class="tile">{inner}</div>;
}

/** What all servers cost, of what the machine has. */
function Load({ state, snapshot }: { state: Live; snapshot: Snapshot }) {
  const { cpu, memory } = useStore(sparks, (value) => value.total);
  const { totals } = snapshot.summary;
  const used = totals.pss_bytes ?? totals.rss_bytes;
  const { cpus, memory_bytes: whole } = state.host ?? {};
  const whichMemory = totals.pss_bytes == null ? "resident" : "proportional";
  const budget = budgetOf(state, "mcpvisor_owner_resident_memory_bytes");
  return (
    <Panel title="Cost of all MCP servers" aside={<span class="small">last hour</span>} flush>
      <div class="load">
        <div><div class="value"><Num figure={percent(totals.cpu_percent)} /></div><div class="muted small">CPU{cpus ? `, of ${cpus * 100} % of ${plural(cpus, "processor")}` : ", of one processor"}</div></div>
        <Sparkline values={cpu} height={84} threshold={cpus ? cpus * 100 : undefined} label={`Processor time, last hour; now ${percent(totals.cpu_percent).text}`} />
      </div>
      <div class="load">
        <div>
          <div class="value"><Num figure={bytes(used)} /></div>
          <div class="muted small">{whichMemory}{whole ? `, ${percent((used / whole) * 100).text} of ${bytes(whole).text}` : ""}</div>
          {budget !== undefined && <div class="muted small"><Num figure={bytes(totals.rss_bytes)} /> resident of <Num figure={bytes(budget)} /> budget</div>}
        </div>
        <Sparkline values={memory} height={84} colour="series-2" threshold={budget ?? whole ?? undefined} label={`Memory, last hour; now ${bytes(used).text}`} />
      </div>
    </Panel>
  );
}

/** What a rule about the whole machine allows before it warns. */
function budgetOf(state: Live, metric: string): number | undefined {
  const thresholds = state.rules.find((rule) => rule.metric === metric && rule.scope === "machine")?.thresholds;
  return thresholds?.["warning"]?.value ?? thresholds?.["critical"]?.value;
}

const MOST = 6;

/** Firing alerts, then findings: the worst first. */
function Attention({ state, snapshot }: { state: Live; snapshot: Snapshot }) {
  const alerts = useMemo(() => (state.alerts ?? []).filter((alert) => alert.state === "firing")
    .sort((left, right) => bySeverity[left.severity] - bySeverity[right.severity]), [state.alerts]);
  // Most findings have an alert of the same words; once is enough.
  const findings = useMemo(() => {
    const told = new Set(alerts.map(({ summary }) => summary));
    return (state.findings ?? []).filter(({ severity, title }) => severity !== "info" && !told.has(title));
  }, [state.findings, alerts]);
  const { reclaimable } = snapshot.summary;
  const room = Math.max(2, MOST - alerts.length);
  const rest = Math.max(0, alerts.length - MOST) + Math.max(0, findings.length - room);
  const aside = reclaimable.processes > 0
    ? <a class="button" href="#/findings">Free {bytes(reclaimable.pss_bytes ?? reclaimable.rss_bytes).text} of {plural(reclaimable.processes, "process", "processes")} …</a>
    : undefined;
  return (
    <Panel title={`Wants attention${alerts.length + findings.length > 0 ? ` · ${alerts.length + findings.length}` : ""}`} aside={aside} flush>
      {state.alerts === undefined && state.findings === undefined ? <Loading />
        : alerts.length + findings.length === 0 ? <Empty title="Nothing"><p>No alert fires and nothing was found.</p></Empty> : (
        <ul class="items" tabIndex={0} aria-label="Wants attention">
          {alerts.slice(0, MOST).map((alert) => <AlertItem key={alert.id} alert={alert} />)}
          {findings.slice(0, room).map((finding) => <FindingItem key={finding.id} finding={finding} />)}
          {rest > 0 && <li><span /><a href="#/findings">{rest} more</a></li>}
        </ul>
      )}
    </Panel>
  );
}

function AlertItem({ alert }: { alert: Schema.Alert }) {
  return (
    <li>
      <SeverityBadge severity={alert.severity} />
      <a class="title" href="#/alerts">{visible(alert.summary)}</a>
      <span class="muted small">{alert.starts_at && <Ago at={alert.starts_at} suffix="" />}</span>
      <span class="more cut" title={visible(alert.advice)}>{visible(alert.advice)}{alert.acknowledged && ` · acknowledged by ${visible(alert.acknowledged.by)}`}</span>
    </li>
  );
}

function FindingItem({ finding }: { finding: Schema.FindingReport }) {
  const memory = finding.cost.pss_bytes ?? finding.cost.rss_bytes;
  return (
    <li>
      <SeverityBadge severity={finding.severity} />
      <a class="title" href={finding.server ? link("server", finding.server) : "#/findings"}>{visible(finding.title)}</a>
      <span class="muted small">{memory > 0 ? <Num figure={bytes(memory)} /> : <Name text={sentence(words(finding.kind))} />}</span>
      <span class="more cut" title={visible(finding.advice)}>{visible(finding.advice)}</span>
    </li>
  );
}
