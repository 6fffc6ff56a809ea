// When which alert fired: a line for each rule and what it is about, a bar for each time.
import type * as Schema from "../api/schema";
import { visible } from "../format/text";
import { moment } from "../format/time";
import { duration } from "../format/units";
import { bySeverity, Empty, Name } from "../kit/ui";
import { useNow } from "../store/clock";

const hues: Record<Schema.Severity, string> = { info: "muted", warning: "yellow", error: "orange", critical: "red" };
const MOST = 20;

export function Timeline({ alerts, seconds }: { alerts: readonly Schema.Alert[]; seconds: number }) {
  // By ten seconds: bars of hours need no more.
  const to = useNow((now) => Math.ceil(now / 10_000) * 10_000);
  const from = to - seconds * 1000;
  const lines = new Map<string, Schema.Alert[]>();
  for (const alert of alerts) {
    if (!alert.starts_at || (alert.ends_at && Date.parse(alert.ends_at) < from)) continue;
    const { alertname, severity: _, ...about } = alert.labels;
    const name = [alertname, ...Object.values(about)].join(" · ");
    lines.set(name, [...(lines.get(name) ?? []), alert]);
  }
  if (lines.size === 0) return <Empty title="Nothing fired in this time" />;
  const ordered = [...lines].sort(([, left], [, right]) => Math.min(...left.map((each) => bySeverity[each.severity])) - Math.min(...right.map((each) => bySeverity[each.severity])));
  return (
    <div class="spans">
      {ordered.slice(0, MOST).map(([name, bars]) => [
        <Name key={name} text={name} />,
        <div class="span" role="img" aria-label={`${visible(name)} fired ${bars.length} times`}>
          {bars.map((alert) => {
            const begun = Math.max(from, Date.parse(alert.starts_at ?? ""));
            const ended = alert.ends_at ? Date.parse(alert.ends_at) : to;
            const place = { left: `${((begun - from) / (to - from)) * 100}%`, width: `${((ended - begun) / (to - from)) * 100}%` };
            return <i key={alert.id} class={hues[alert.severity]} style={place}
              title={`${alert.severity}: ${visible(alert.summary)}\n${moment(Date.parse(alert.starts_at ?? ""))}, ${alert.ends_at ? "for" : "fires since"} ${duration(Math.round((ended - Date.parse(alert.starts_at ?? "")) / 1000)).text}`} />;
          })}
        </div>,
      ])}
      <span class="muted small">{lines.size > MOST ? `${lines.size - MOST} more` : ""}</span>
      <span class="row spread muted small"><span>{moment(from)}</span><span>now</span></span>
    </div>
  );
}
