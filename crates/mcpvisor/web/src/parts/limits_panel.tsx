// What is limited where, and whether the kernel holds it.
import type { ComponentChildren } from "preact";
import { api } from "../api/client";
import type * as Schema from "../api/schema";
import { visible, words } from "../format/text";
import { duration } from "../format/units";
import { Badge, Empty, Panel } from "../kit/ui";
import { link } from "../router";
import { live } from "../store/live";
import { useLoad } from "../store/load";
import { useStore } from "../store/store";
import { Answer, Grid } from "./pieces";

/** Whether a limit holds. */
export function Held({ limit }: { limit: Schema.LimitReport }) {
  if (limit.enforced === null || limit.enforced === undefined) return <Badge>not started</Badge>;
  return limit.enforced ? <Badge hue="green">holds</Badge> : <Badge hue="red">does not hold</Badge>;
}

function eventsOf({ oom_kills, forks_refused, throttled_seconds }: Schema.LimitEvents): string {
  return [
    oom_kills ? `${oom_kills} killed for memory` : "",
    forks_refused ? `${forks_refused} forks refused` : "",
    throttled_seconds ? `throttled for ${duration(throttled_seconds).text}` : "",
  ].filter(Boolean).join(", ");
}

type Limited = { key: string; who: ComponentChildren; limits: readonly Schema.LimitReport[]; events: string };

export function LimitsPanel({ containers }: { containers: readonly Schema.ContainerReport[] }) {
  const epoch = useStore(live, (value) => value.epoch);
  const answer = useLoad(() => api.supervision(), [epoch], 10_000);
  return (
    <Panel title="Limits" flush label="Limits in force">
      <Answer of={answer}>{({ servers, confined }) => {
        const all: Limited[] = [
          ...servers.map(({ server, name, limits, limit_events }) => ({ key: server, who: <a href={link("server", server)}>{visible(name)}</a>, limits, events: eventsOf(limit_events) })),
          ...confined.map(({ server, owner, pid, limits }) => ({ key: `pid ${pid}`, who: <>{visible(server)} <span class="muted">of {visible(owner)}, PID {pid}</span></>, limits, events: "" })),
          ...containers.map(({ id, name, limits }) => ({ key: id, who: <>{visible(name)} <span class="muted">container</span></>, limits, events: "" })),
        ];
        const rows = all.flatMap(({ who, limits, events }) => limits.map((limit, at) => [
          at === 0 && who, words(limit.limit), visible(limit.asked), <Held limit={limit} />, <span class="small muted">{visible(limit.how)}</span>, at === 0 && events,
        ]));
        if (rows.length === 0) return <Empty title="Nothing is limited"><p>Limits stand in the configuration, in <code>[limits.default]</code> or a <code>[[server]]</code>; for servers of others they need <code>policy.mode = "enforce"</code>.</p></Empty>;
        return <Grid label="Limits in force" heads={["Server", "Limit", "Asked for", "", "How", "Events"]} rows={rows} />;
      }}</Answer>
    </Panel>
  );
}
