// One alert: what, since when, by which rule, what was seen, and what others have done about it.
import type * as Schema from "../api/schema";
import { visible, words } from "../format/text";
import { duration } from "../format/units";
import { Ago, Badge, SeverityBadge, When } from "../kit/ui";
import { AlertActions } from "./alert_actions";
import { Fold, Lines } from "./pieces";

const secondsOf = (from: string, to: string): number => Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 1000));

/** The condition of its rule, and where that stands. */
function RuleShown({ rule, name }: { rule: Schema.RuleReport | undefined; name: string }) {
  if (!rule) return <span class="small muted">Rule {visible(name)}, which is not in force any more</span>;
  return (
    <div class="small muted">
      Rule <b>{visible(rule.name)}</b>: {visible(rule.what)} {visible(rule.condition)}<br />
      <code>{visible(rule.metric)}{rule.matchers.length > 0 && `{${visible(rule.matchers.join(", "))}}`}</code> by {words(rule.scope)}
      {rule.why && <div>{visible(rule.why)}</div>}
    </div>
  );
}

export function AlertRow({ alert, rule, silenced }: { alert: Schema.Alert; rule: Schema.RuleReport | undefined; silenced(): void }) {
  const { acknowledged, ends_at, labels } = alert;
  const isOver = alert.state === "resolved";
  const begun = alert.starts_at ?? alert.active_at;
  const count = (all: readonly string[] | undefined): number => all?.length ?? 0;
  return (
    <li class="pick">
      <SeverityBadge severity={alert.severity} />
      <div>
        <div class="row spread">
          <b>{visible(alert.summary)}</b>
          <span class="muted small">
            {isOver && ends_at ? <><When at={begun} /> for {duration(secondsOf(begun, ends_at)).text}</> : <>{alert.state} since <Ago at={begun} suffix="" /></>}
          </span>
        </div>
        {alert.advice && <span class="muted">{visible(alert.advice)}</span>}
        <div class="row">
          {isOver && alert.reason && <Badge>{words(alert.reason)}</Badge>}
          {alert.unknown && <Badge hue="yellow" title="What it is about could not be measured; this is how it was before">not known now</Badge>}
          {count(alert.silenced_by) > 0 && <Badge title={alert.silenced_by?.join(", ")}>silenced</Badge>}
          {count(alert.inhibited_by) > 0 && <Badge title="Another alert makes telling of it needless">inhibited</Badge>}
          {count(alert.muted_by) > 0 && <Badge title={alert.muted_by?.join(", ")}>muted now</Badge>}
          {acknowledged && <span class="small"><Badge hue="accent">acknowledged</Badge> by {visible(acknowledged.by)} <Ago at={acknowledged.at} />{acknowledged.comment && `: ${visible(acknowledged.comment)}`}</span>}
        </div>
        <Fold title={`Rule ${visible(alert.rule)} · evidence`}>
          <RuleShown rule={rule} name={alert.rule} />
          <Lines all={alert.evidence} />
          <div class="row">{Object.entries(labels).map(([name, value]) => <code key={name}>{visible(`${name}="${value}"`)}</code>)}</div>
        </Fold>
        {!isOver && <AlertActions alert={alert} silenced={silenced} />}
      </div>
    </li>
  );
}
