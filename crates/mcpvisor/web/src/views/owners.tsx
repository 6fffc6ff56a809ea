// Who runs what: clients and gateways with their sessions, the servers of each, and how they grow.
import { useCallback, useMemo, useState } from "preact/hooks";
import type * as Schema from "../api/schema";
import { sentence, visible, words } from "../format/text";
import { bytes, count, percent, plural } from "../format/units";
import { Badge, Empty, Num, Panel, StateBadge } from "../kit/ui";
import { OwnerCharts } from "../parts/owner_charts";
import { Fold, Grid, NotYet } from "../parts/pieces";
import { link } from "../router";
import { live, type Live } from "../store/live";
import { useStore } from "../store/store";

/** An owner with its sessions: runs of one program. */
type Owner = { name: string; kind: Schema.OwnerKind; sessions: Session[] };
type Session = { pid: number | null; alive: boolean; servers: Schema.ServerReport[] };

function owners(details: Live["details"]): Owner[] {
  const all = new Map<string, Owner>();
  for (const server of details.values()) {
    const { name, kind, alive } = server.owner;
    const pid = server.owner.pid ?? null;
    // What does not run has no session.
    if (server.totals.instances === 0) continue;
    const owner = all.get(name) ?? { name, kind, sessions: [] };
    all.set(name, owner);
    const session = owner.sessions.find((each) => each.pid === pid && each.alive === alive);
    if (session) session.servers.push(server);
    else owner.sessions.push({ pid, alive, servers: [server] });
  }
  return [...all.values()].sort((left, right) => sums(right).memory - sums(left).memory);
}

function sums({ sessions }: Owner) {
  const all = sessions.flatMap(({ servers }) => servers);
  const sum = (pick: (of: Schema.Totals) => number | null | undefined): number => all.reduce((made, { totals }) => made + (pick(totals) ?? 0), 0);
  return {
    servers: all.length, instances: sum((of) => of.instances), processes: sum((of) => of.processes), cpu: sum((of) => of.cpu_percent),
    memory: sum((of) => of.pss_bytes ?? of.rss_bytes),
  };
}

export default function Owners() {
  const details = useStore(live, (value) => value.details);
  const snapshot = useStore(live, (value) => value.snapshot);
  const all = useMemo(() => owners(details), [details]);
  const [growth, setGrowth] = useState<{ by: ReadonlyMap<string, number>; range: string }>();
  const tell = useCallback((by: ReadonlyMap<string, number>, range: string) => setGrowth({ by, range }), []);
  if (details.size === 0 && !snapshot) return <NotYet />;
  return (
    <div class="stack">
      <h1 class="hidden">Owners</h1>
      {all.length === 0 ? <Panel title="Owners"><Empty title="Nobody runs an MCP server"><p>Start a client that uses MCP servers; it appears here with its sessions and what each of them runs.</p></Empty></Panel> : (
        <Panel title={`Owners · ${all.length}`} flush label="Owners">
          <ul>{all.map((owner) => <OwnerRow key={owner.name} owner={owner} growth={growth} />)}</ul>
        </Panel>
      )}
      <OwnerCharts tell={tell} />
    </div>
  );
}

function OwnerRow({ owner, growth }: { owner: Owner; growth: { by: ReadonlyMap<string, number>; range: string } | undefined }) {
  const { servers, instances, processes, cpu, memory } = sums(owner);
  const grown = Math.round(growth?.by.get(owner.name) ?? 0);
  const isGone = owner.sessions.every(({ alive }) => !alive);
  const title = (
    <span>
      {plural(owner.sessions.length, "session")}, {plural(servers, "server")}, {plural(instances, "instance")}
    </span>
  );
  return (
    <li class="pick"><div>
      <div class="row spread">
        <span class="row">
          <b>{visible(owner.name)}</b> <span class="muted">{sentence(words(owner.kind))}</span>
          {isGone && <Badge hue="red">gone</Badge>}
          {grown !== 0 && <Badge hue={grown > 0 ? "yellow" : "green"} title="Instances at the end of the range below, against its beginning">{grown > 0 ? "+" : "−"}{plural(Math.abs(grown), "instance")} in {growth?.range}</Badge>}
        </span>
        <span class="muted row"><span>{plural(processes, "process", "processes")}</span><Num figure={percent(cpu)} /><Num figure={bytes(memory)} /></span>
      </div>
      <Fold title={title} open>
        <Grid label={`Sessions of ${visible(owner.name)}`} heads={["Session", "Server", "State", "Instances", "Processes", "CPU", "Memory"]} ends={3}
          rows={owner.sessions.flatMap(({ pid, alive, servers: own }) => own.map((server, at) => [
            at === 0 && <span style={{ whiteSpace: "nowrap" }}>{pid === null ? "–" : `PID ${pid}`} {!alive && <Badge hue="red">gone</Badge>}</span>,
            <a href={link("server", server.id)}>{visible(server.name)}</a>, <StateBadge state={server.state} />,
            <Num figure={count(server.totals.instances)} />, <Num figure={count(server.totals.processes)} />,
            <Num figure={percent(server.totals.cpu_percent)} />, <Num figure={bytes(server.totals.pss_bytes ?? server.totals.rss_bytes)} />,
          ]))} />
      </Fold>
    </div></li>
  );
}
