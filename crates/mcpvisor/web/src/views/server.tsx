// One server: what it runs, what it costs and has cost, what is wrong with it, where it comes from, what can be done.
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { api } from "../api/client";
import type * as Schema from "../api/schema";
import { visible, words } from "../format/text";
import { bytes, count, duration, percent } from "../format/units";
import { Ago, Badge, Failed, LevelDot, Loading, Num, StateBadge } from "../kit/ui";
import { Actions } from "../parts/server_actions";
import { Charts } from "../parts/server_charts";
import { Configuration, Events, Health, Limits, Logs } from "../parts/server_panels";
import { ProcessTree } from "../parts/process_tree";
import { go, useRoute } from "../router";
import { live } from "../store/live";
import { useLoad } from "../store/load";
import { useStore } from "../store/store";

export default function ServerView() {
  const id = useRoute().parts[1] ?? "";
  const look = useStore(live, (value) => value.snapshot?.number);
  const epoch = useStore(live, (value) => value.epoch);
  const server = useLoad((signal) => api.server(id, signal), [id, epoch]);
  const health = useLoad((signal) => api.serverHealth(id, signal), [id, epoch]);
  useEffect(() => {
    if (look === undefined) return;
    server.again();
    health.again();
  }, [look]);
  useSuccessor(server.problem?.status === 404, server.data);
  useEffect(() => {
    if (server.data) document.title = `${visible(server.data.name)} · mcpvisor`;
  }, [server.data?.name]);
  if (!server.data) return server.problem ? <Failed problem={server.problem} again={server.again} /> : <Loading />;
  const shown = server.data;
  return (
    <div class="stack">
      <Head server={shown} level={health.data?.level} isGone={server.problem?.status === 404} />
      <Figures server={shown} />
      <Health health={health} />
      <ProcessTree server={shown} />
      <Charts server={shown} />
      <div class="two">
        <Events server={shown} />
        <div class="stack">
          <Limits server={shown} />
          <Configuration server={shown} />
        </div>
      </div>
      <Logs server={shown} />
    </div>
  );
}

/** A server's id is of one run of its owner. When it is gone, the same server under another id is the same page. */
function useSuccessor(isGone: boolean, data: Schema.ServerReport | undefined): void {
  const known = useRef<{ name: string; owner: string; id: string } | undefined>(undefined);
  if (data) known.current = { name: data.name, owner: data.owner.name, id: data.id };
  const next = useStore(live, ({ snapshot }) => {
    const own = known.current;
    return own && snapshot?.servers.find(({ id, name, owner }) => id !== own.id && name === own.name && owner === own.owner)?.id;
  });
  useEffect(() => {
    if (isGone && next !== undefined) go("server", next);
  }, [isGone, next]);
}

function Head({ server, level, isGone }: { server: Schema.ServerReport; level: Schema.Level | undefined; isGone: boolean }) {
  const kept = useStore(live, (value) => value.kept.get(server.id));
  const { owner } = server;
  return (
    <div class="head">
      <div class="row" style={{ minWidth: 0, flex: "1 1 260px" }}>
        <LevelDot level={level ?? "unknown"} />
        <h1 class="cut" title={visible(server.name)}>{visible(server.name)}</h1>
        {isGone ? <Badge hue="red">gone</Badge> : <StateBadge state={kept?.state ?? server.state} />}
        <span class="muted">
          {words(owner.kind)} {visible(owner.name)}{owner.pid ? `, PID ${owner.pid}` : ""}{owner.alive ? "" : " (gone)"} · {server.transport === "unknown" ? "transport not known" : server.transport}
          {server.watched ? " · watched" : ""}
        </span>
      </div>
      <Actions server={server} />
    </div>
  );
}

function Figures({ server }: { server: Schema.ServerReport }) {
  const { totals, history, instances } = server;
  const since = instances.length > 0 ? Math.min(...instances.map(({ started_at }) => Date.parse(started_at))) : undefined;
  const isRunning = totals.instances > 0;
  const memory = totals.pss_bytes ?? totals.rss_bytes;
  const trend = history?.rss_bytes_per_hour;
  return (
    <div class="tiles">
      <Tile label="CPU" rest={`mean ${percent(history?.average_cpu_percent).text}`}><Num figure={percent(isRunning ? totals.cpu_percent : null)} /></Tile>
      <Tile label={totals.pss_bytes == null ? "Memory (resident)" : "Memory"} rest={trend == null ? "no trend yet" : `${trend >= 0 ? "+" : "−"}${bytes(Math.abs(trend)).text}/h`}><Num figure={bytes(isRunning ? memory : null)} /></Tile>
      <Tile label="Peak of 1 h" rest="resident"><Num figure={bytes(history?.peak_rss_bytes)} /></Tile>
      <Tile label="Processes" rest={`${count(totals.instances).text} instance${totals.instances === 1 ? "" : "s"}`}><Num figure={count(totals.processes)} /></Tile>
      <Tile label="Threads" rest="all processes"><Num figure={count(isRunning ? totals.threads : null)} /></Tile>
      <Tile label="Descriptors" rest="open"><Num figure={count(totals.fds)} /></Tile>
      <Tile label="Restarts" rest="last hour"><Num figure={count(history?.restarts)} /></Tile>
      <Tile label="Uptime" rest={since === undefined ? "not running" : "oldest instance"}>{since === undefined ? <Num figure={duration(null)} /> : <Ago at={since} suffix="" />}</Tile>
    </div>
  );
}

function Tile({ label, rest, children }: { label: string; rest: string; children: ComponentChildren }) {
  return <div class="tile"><span class="label">{label}</span><span class="value">{children}</span><span class="rest cut" title={rest}>{rest}</span></div>;
}
