// Which series stand in which chart. What is not listed gets a chart of its own, so nothing that the daemon keeps is
// missing.
import type { HistorySeries } from "../api/schema";
import { sentence, words } from "../format/text";
import type { Labelled } from "../kit/series";

type Known = { title: string; metrics: Record<string, string>; unit?: string; scale?: number };

/** `metrics`: the name behind `mcpvisor_server_`, and what its line is called; else it is called by its labels. */
const known: Known[] = [
  { title: "CPU", metrics: { cpu_seconds_total: "" }, unit: "percent", scale: 100 },
  { title: "Memory", metrics: { proportional_memory_bytes: "proportional", resident_memory_bytes: "resident", private_memory_bytes: "private" } },
  { title: "Processes and threads", metrics: { processes: "processes", threads: "threads", instances: "instances" } },
  { title: "Open descriptors", metrics: { open_fds: "" } },
  { title: "Storage", metrics: { io_bytes_total: "" } },
  { title: "Read and write calls", metrics: { io_chars_total: "" }, unit: "bytes" },
  { title: "Restarts and orphans", metrics: { restarts_total: "restarts/s", orphaned_instances: "orphans", zombie_processes: "zombies" } },
  { title: "Context switches", metrics: { context_switches_total: "" } },
  { title: "Page faults", metrics: { page_faults_total: "" } },
  { title: "Waiting for a processor", metrics: { run_delay_seconds_total: "waiting" }, unit: "percent", scale: 100 },
  { title: "Swap and shared memory", metrics: { swap_memory_bytes: "swap", shared_memory_bytes: "shared" } },
  { title: "Connections", metrics: { connections: "" } },
  { title: "Log", metrics: { log_bytes_total: "bytes" } },
];
/** Says nothing as a line. */
const left_out = new Set(["start_time_seconds"]);

/** A chart and its series. */
export type Plan = { title: string; metrics: string[]; unit: string; scale: number; isRate: boolean; series: Labelled[]; isQuiet: boolean };

const short = (metric: string): string => metric.replace("mcpvisor_server_", "");

function labelOf(series: HistorySeries, name: string): string {
  const others = Object.entries(series.labels).filter(([key]) => key !== "server" && key !== "owner").map(([, value]) => value);
  return name || words(others.join(" ")) || words(short(series.metric));
}

/** Nothing but zeros, or one value all the time that nobody would look at. */
function isFlat(all: readonly Labelled[]): boolean {
  return all.every(({ series }) => series.points.every((point, at) =>
    (series.kind === "counter" && (point.count == null)) ? point.value === (series.points[Math.max(0, at - 1)]?.value ?? point.value) : (point.mean ?? point.value ?? 0) === 0));
}

/** The charts of an answer, the usual ones first. */
export function planned(all: readonly HistorySeries[]): Plan[] {
  const byMetric = new Map<string, HistorySeries[]>();
  for (const series of all) {
    const name = short(series.metric);
    if (left_out.has(name)) continue;
    byMetric.set(name, [...(byMetric.get(name) ?? []), series]);
  }
  const plans: Plan[] = [];
  const add = ({ title, metrics, unit, scale = 1 }: Known): void => {
    const series = Object.entries(metrics).flatMap(([metric, name]) => {
      const found = byMetric.get(metric) ?? [];
      byMetric.delete(metric);
      return found.map((each) => ({ label: labelOf(each, name), series: each }));
    });
    const first = series[0]?.series;
    if (!first) return;
    plans.push({ title, metrics: Object.keys(metrics).map((metric) => `mcpvisor_server_${metric}`), unit: unit ?? first.unit, scale,
      isRate: first.kind === "counter" && unit !== "percent", series, isQuiet: isFlat(series) });
  };
  for (const each of known) add(each);
  for (const metric of [...byMetric.keys()].sort()) add({ title: sentence(words(metric.replace(/_(total|bytes|seconds|ratio)/g, ""))), metrics: { [metric]: "" } });
  return plans;
}
