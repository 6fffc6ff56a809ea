// One container: who made it, whether it still serves somebody, and what it uses of what it may.
import type * as Schema from "../api/schema";
import { visible, words } from "../format/text";
import { bytes, count, duration, percent } from "../format/units";
import { Ago, Badge, Num, StateBadge, type Hue } from "../kit/ui";
import { Held } from "./limits_panel";
import { Fold, Lines } from "./pieces";

const health: Record<string, Hue> = { healthy: "green", starting: "accent", unhealthy: "red" };
const verdicts: Record<string, Hue> = { served: "green", kept: "green", orphan: "red", waiting: "yellow" };

const of = (used: string, most: string): string => (most === "–" ? used : `${used} of ${most}`);

export function ContainerRow({ container }: { container: Schema.ContainerReport }) {
  const { usage, bounds, verdict, limits } = container;
  const facts: [string, string | undefined][] = [
    ["Id", container.id], ["Image", container.image], ["Engine", container.engine],
    ["Client", container.client_pid ? `PID ${container.client_pid}` : undefined],
    ["Network", usage.received_bytes == null ? undefined : `${bytes(usage.received_bytes).text} received, ${bytes(usage.sent_bytes).text} sent`],
    ["Storage", usage.read_bytes == null ? undefined : `${bytes(usage.read_bytes).text} read, ${bytes(usage.written_bytes).text} written`],
    ["Ended", container.exit_code == null ? undefined : `with ${container.exit_code}${container.oom_killed ? ", killed for memory" : ""}`],
  ];
  return (
    <li class="pick"><div>
      <div class="row spread">
        <span class="row">
          <b>{visible(container.name)}</b> <span class="muted">{container.mcp ? `${visible(container.server)} of ${visible(container.owner)}` : visible(container.image)}</span>
          <StateBadge state={container.state} />
          {container.health && <Badge hue={health[container.health] ?? "grey"}>{container.health}</Badge>}
          {container.mcp && <Badge hue={verdicts[verdict.verdict] ?? "grey"} title={verdict.certainty ?? undefined}>{words(verdict.verdict)}{verdict.wait_seconds ? `, ${duration(verdict.wait_seconds).text} left` : ""}</Badge>}
          {container.oom_killed && <Badge hue="red">out of memory</Badge>}
        </span>
        <span class="muted row">
          <span title="Percent of one processor">{of(percent(usage.cpu_percent).text, bounds.cpus == null ? "–" : percent(bounds.cpus * 100).text)}</span>
          <span title={bytes(usage.memory_bytes).exact}>{of(bytes(usage.memory_bytes).text, bytes(bounds.memory_bytes).text)}</span>
          <span>{of(count(usage.pids).text, count(bounds.pids).text)} tasks</span>
          {!!container.restarts && <span><Num figure={count(container.restarts)} /> restarts</span>}
          {container.started_at && <Ago at={container.started_at} suffix="" />}
        </span>
      </div>
      <Fold title="Evidence and details">
        <Lines all={verdict.evidence} />
        <dl class="facts">{facts.flatMap(([name, value]) => (value ? [<dt>{name}</dt>, <dd>{visible(value)}</dd>] : []))}</dl>
        {limits.map((limit) => <span class="row small" key={limit.limit}>{words(limit.limit)} {visible(limit.asked)} <Held limit={limit} /> <span class="muted">{visible(limit.how)}</span></span>)}
      </Fold>
    </div></li>
  );
}
