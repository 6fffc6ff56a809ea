// Which lines stand in a chart: thresholds of rules that are about this server, and limits that the kernel holds.
import type * as Schema from "../api/schema";
import type { Threshold } from "../kit/chart";
import type { Plan } from "./catalogue";

/** Whether a rule's condition on a label is met: `server="memory"`, `owner=~"a|b"`. */
export function matches(matcher: string, labels: Record<string, string>): boolean {
  const parts = /^\s*(\w+)\s*(=~|!~|!=|=)\s*"(.*)"\s*$/s.exec(matcher);
  if (!parts) return false;
  const [, name = "", sign = "", wanted = ""] = parts;
  const has = labels[name] ?? "";
  if (sign === "=") return has === wanted;
  if (sign === "!=") return has !== wanted;
  try {
    return new RegExp(`^(?:${wanted})$`, "s").test(has) === (sign === "=~");
  } catch {
    return false;
  }
}

const units: Record<string, number> = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40, KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 };

/** The number in `512 MiB`, `64` or `1024 files, up to 4096`. */
export function numberIn(text: string): number | undefined {
  const parts = /^([\d.]+)\s*([KMGT]?i?B)?/.exec(text);
  return parts?.[1] === undefined ? undefined : Number(parts[1]) * (units[parts[2] ?? "B"] ?? 1);
}

const limited: Record<string, string> = { memory_max: "resident_memory_bytes", memory_high: "resident_memory_bytes", pids_max: "processes", nofile: "open_fds" };

/** Rules about other counters judge what these grew by in a time of their own, which no chart shows. */
const isSumOfTime = (metric: string): boolean => metric.endsWith("_total") && metric !== "mcpvisor_server_cpu_seconds_total";

/** The lines of a chart, in its shown unit. */
export function thresholdsOf(plan: Plan, rules: readonly Schema.RuleReport[], server: Schema.ServerReport, kept: Schema.Kept | undefined): Threshold[] {
  const labels = { server: server.name, owner: server.owner.name };
  const ofRules = rules
    .filter((rule) => plan.metrics.includes(rule.metric) && (rule.scope === "server" || rule.scope === "process") && !isSumOfTime(rule.metric) && rule.matchers.every((matcher) => matches(matcher, labels)))
    .flatMap((rule) => Object.entries(rule.thresholds).map(([severity, threshold]) => ({
      value: threshold.value * plan.scale, label: `${rule.name} ${threshold.shown}`, severity: severity as Schema.Severity,
    })));
  const ofLimits = (kept?.limits ?? []).flatMap((limit) => {
    const value = numberIn(limit.asked);
    const metric = limited[limit.limit];
    if (value === undefined || metric === undefined || !plan.metrics.includes(`mcpvisor_server_${metric}`)) return [];
    return [{ value, label: `${limit.limit} ${limit.asked}`, severity: "critical" as const }];
  });
  return [...ofRules, ...ofLimits];
}
