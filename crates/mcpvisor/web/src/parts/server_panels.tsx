// Panels of a server beside its charts: what is wrong, what happened, limits, where it is declared, its log.
import { useEffect, useRef } from "preact/hooks";
import { api } from "../api/client";
import type * as Schema from "../api/schema";
import { visible, words } from "../format/text";
import { count, duration } from "../format/units";
import { Ago, Badge, Empty, Failed, Loading, Panel, SeverityBadge, When } from "../kit/ui";
import { live } from "../store/live";
import { useLoad, type Loaded } from "../store/load";
import { useStore } from "../store/store";

/** What is wrong with it. Nothing is shown while all is well. */
export function Health({ health }: { health: Loaded<Schema.ServerHealth> }) {
  const kept = useStore(live, (value) => value.kept.get(health.data?.server ?? ""));
  const issues = health.data?.issues ?? [];
  const crash = kept?.crash_loop;
  if (issues.length === 0 && !crash && !(kept?.reason && kept.state !== "running")) return null;
  return (
    <Panel title={`Health issues · ${issues.length}`} flush>
      <ul class="items">
        {kept?.reason && kept.state !== "running" && <li><Badge hue="orange">{words(kept.state)}</Badge><span class="title">{visible(kept.reason)}</span><span class="muted small">{kept.retry_seconds != null && `next try in ${duration(Math.ceil(kept.retry_seconds)).text}`}</span></li>}
        {crash && <li><SeverityBadge severity="critical" /><span class="title">{visible(crash.title)}</span><span /><span class="more">{crash.evidence.map((line) => <div class="mono" key={line}>{visible(line)}</div>)}{visible(crash.advice)}</span></li>}
        {issues.map((issue) => (
          <li key={`${issue.type} ${issue.title}`}>
            <SeverityBadge severity={issue.severity} />
            <span class="title">{visible(issue.title)}</span>
            <span class="muted small">{issue.since && <Ago at={issue.since} suffix="" />}</span>
            <span class="more">{visible(issue.advice)}</span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

const MOST = 40;

/** What happened to it, the latest first. */
export function Events({ server }: { server: Schema.ServerReport }) {
  const newest = useStore(live, (value) => value.events[0]);
  const answer = useLoad((signal) => api.changes({ limit: 1000 }, signal), [server.name, server.owner.name]);
  useEffect(() => {
    if (newest) answer.again();
  }, [newest]);
  const own = answer.data?.changes.filter((change) => isAbout(change, server)).slice(0, MOST);
  return (
    <Panel title="Events" flush>
      {!own ? (answer.problem ? <Failed problem={answer.problem} again={answer.again} /> : <Loading />)
        : own.length === 0 ? <Empty title="Nothing has happened yet" /> : (
        <ul class="items" tabIndex={0} aria-label="Events">
          {own.map((change) => (
            <li key={change.id}>
              <Badge hue={change.severity === "critical" ? "red" : change.severity === "error" ? "orange" : change.severity === "warning" ? "yellow" : "grey"}>{change.kind}</Badge>
              <span class="title" style={{ fontWeight: 400 }}>{visible(change.title)}</span>
              <span class="muted small"><When at={change.at} /></span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

/** Ids change with the owner's run; names do not. */
export function isAbout(change: Schema.ChangeReport, server: Schema.ServerReport): boolean {
  if (change.server === server.id) return true;
  const data = change.data as { name?: unknown; owner?: unknown } | null;
  return data?.name === server.name && data.owner === server.owner.name;
}

/** Limits, and whether the kernel holds them. */
export function Limits({ server }: { server: Schema.ServerReport }) {
  const kept = useStore(live, (value) => value.kept.get(server.id));
  if (!kept) return null;
  const { oom_kills, forks_refused, throttled_seconds } = kept.limit_events;
  return (
    <Panel title="Limits in force" flush>
      {kept.limits.length === 0 ? <Empty title="No limits"><p>Add <code>limits</code> to the server in mcpvisor's configuration.</p></Empty> : (
        <ul class="items">
          {kept.limits.map((limit) => (
            <li key={limit.limit}>
              <Badge hue={limit.enforced ? "green" : limit.enforced === false ? "red" : "grey"}>{limit.enforced ? "held" : limit.enforced === false ? "not held" : "not yet"}</Badge>
              <span><code>{limit.limit}</code> {visible(limit.asked)}</span><span />
              <span class="more">{visible(limit.how)}</span>
            </li>
          ))}
          <li><span class="muted">At limits</span><span class="muted">{count(oom_kills).text} killed for memory · {count(forks_refused).text} forks refused · throttled {duration(throttled_seconds).text}</span></li>
        </ul>
      )}
    </Panel>
  );
}

/** Where it is declared and how it was recognised. The daemon never keeps values of `env` and `headers`. */
export function Configuration({ server }: { server: Schema.ServerReport }) {
  const kept = useStore(live, (value) => value.kept.get(server.id));
  return (
    <Panel title="Configuration" aside={<span class="small">values of env and headers are never read out</span>}>
      <dl class="facts">
        <dt>Declared in</dt>
        <dd>{server.declared_in.length === 0 ? "no file that is known" : server.declared_in.map((place) => (
          <div key={`${place.file}${place.line}`}><code>{visible(place.file)}{place.line ? `:${place.line}` : ""}</code> <span class="muted">{visible(place.client)}, {visible(place.scope)}</span></div>
        ))}</dd>
        {kept && [<dt>Restart</dt>, <dd>{words(kept.restart)}{kept.waits_for.length > 0 && `, waits for ${kept.waits_for.map(visible).join(", ")}`}</dd>, <dt>Last exit</dt>, <dd>{kept.last_exit ? visible(kept.last_exit) : "none"}</dd>]}
        <dt>Recognised by</dt>
        <dd>{server.evidence.map((line) => <div key={line}>{visible(line)}</div>)}{server.evidence.length === 0 && "its declaration"}</dd>
        <dt>Id</dt><dd><code>{server.id}</code></dd>
      </dl>
    </Panel>
  );
}

/** The end of its log; of servers that mcpvisor keeps. */
export function Logs({ server }: { server: Schema.ServerReport }) {
  const kept = useStore(live, (value) => value.kept.get(server.id));
  const answer = useLoad((signal) => (kept ? api.serverLogs(server.id, 200, signal) : Promise.resolve(undefined)), [server.id, kept !== undefined], kept ? 3_000 : 0);
  const box = useRef<HTMLPreElement>(null);
  const lines = answer.data?.lines;
  // It follows its end, unless somebody reads further up.
  const follows = useRef(true);
  useEffect(() => {
    if (box.current && follows.current) box.current.scrollTop = box.current.scrollHeight;
  }, [lines?.at(-1)]);
  if (!kept) return null;
  return (
    <Panel title="Log" aside={<code>{visible(kept.log)}</code>} flush>
      {!lines ? (answer.problem ? <Failed problem={answer.problem} again={answer.again} /> : <Loading />)
        : lines.length === 0 ? <Empty title="It has written nothing" /> : (
        <pre class="log" ref={box} tabIndex={0} aria-label="Log" onScroll={(event) => {
          const { scrollTop, scrollHeight, clientHeight } = event.currentTarget;
          follows.current = scrollHeight - scrollTop - clientHeight < 24;
        }}>{lines.map(visible).join("\n")}</pre>
      )}
    </Panel>
  );
}
