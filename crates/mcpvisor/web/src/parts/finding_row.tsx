// One finding: what is wrong, what it costs, what was seen, and what to do.
import type * as Schema from "../api/schema";
import { sentence, visible, words } from "../format/text";
import { bytes, percent, plural } from "../format/units";
import { Num, SeverityBadge } from "../kit/ui";
import { link } from "../router";
import { Fold, Lines } from "./pieces";

/** What something costs, in a few figures. */
export function CostShown({ cost }: { cost: Schema.Cost }) {
  const memory = cost.pss_bytes ?? cost.rss_bytes;
  return (
    <span class="muted small row">
      {cost.processes > 0 && <span>{plural(cost.processes, "process", "processes")}</span>}
      {memory > 0 && <Num figure={bytes(memory)} />}
      {!!cost.cpu_percent && <Num figure={percent(cost.cpu_percent)} />}
      {!!cost.fds && <span>{plural(cost.fds, "descriptor")}</span>}
      {!!cost.disk_bytes && <span>{bytes(cost.disk_bytes).text} on disk</span>}
    </span>
  );
}

export function FindingRow({ finding }: { finding: Schema.FindingReport }) {
  const { server, title, evidence, pids, command } = finding;
  return (
    <li class="pick">
      <SeverityBadge severity={finding.severity} />
      <div>
        <div class="row spread">
          {server ? <a href={link("server", server)}><b>{visible(title)}</b></a> : <b>{visible(title)}</b>}
          <CostShown cost={finding.cost} />
        </div>
        <span class="muted">{visible(finding.advice)}</span>
        <Fold title={`${sentence(words(finding.kind))} · evidence`}>
          <Lines all={evidence} />
          {pids.length > 0 && <span class="small muted">PID {pids.join(", ")}</span>}
          {command && <span><code>{visible(command)}</code></span>}
        </Fold>
      </div>
    </li>
  );
}
