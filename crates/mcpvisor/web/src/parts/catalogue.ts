// Which series stand in which chart. What is not listed gets a chart of its own, so nothing that the daemon keeps is
// missing.
import type { Series } from "../api/client";
import { sentence, words } from "../format/text";
import type { Labelled } from "../kit/series";

/** `metrics`: the name behind `mcpvisor_server_`, and what its line is called; else it is called by its labels.
 * `total`: a line that is the sum of all. `isGrowth`: of a counter by how much it grew, not how fast. */
type Known = { title: string; metrics: Record<string, string>; unit?: string; scale?: number; total?: string; isGrowth?: boolean };

const known: Known[] = [
  { title: "CPU", metrics: { cpu_seconds_total: "" }, unit: "percent", scale: 100, total: "all" },
  { title: "Memory", metrics: { proportional_memory_bytes: "proportional", resident_memory_bytes: "resident", private_memory_bytes: "private" } },
  { title: "Processes and threads", metrics: { processes: "processes", threads: "threads" } },
  { title: "Open descriptors", metrics: { open_fds: "" }, total: "all" },
  { title: "Instances", metrics: { instances: "instances", orphaned_instances: "orphans", zombie_processes: "zombies" } },
  { title: "Restarts", metrics: { restarts_total: "restarts" }, isGrowth: true },
  { title: "Storage", metrics: { io_bytes_total: "" } },
  { title: "Bytes read and written", metrics: { io_chars_total: "" }, unit: "bytes" },
  { title: "Read and write calls", metrics: { io_calls_total: "" } },
  { title: "Context switches", metrics: { context_switches_total: "" } },
  { title: "Page faults", metrics: { page_faults_total: "" } },
  { title: "Waiting for a processor", metrics: { run_delay_seconds_total: "waiting" }, unit: "percent", scale: 100 },
  { title: "Swap and shared memory", metrics: { swap_memory_bytes: "swap", shared_memory_bytes: "shared" } },
  { title: "Virtual memory", metrics: { virtual_memory_bytes: "virtual" } },
  { title: "Connections", metrics: { connections: "" } },
  { title: "Busiest process", metrics: { worst_cpu_ratio: "CPU" } },
  { title: "Process with most descriptors", metrics: { worst_open_fds: "open" } },
  { title: "Limit of descriptors", metrics: { max_fds: "lowest limit" } },
  { title: "Process nearest to its limit of descriptors", metrics: { worst_fd_ratio: "used" } },
  { title: "Process with most threads", metrics: { worst_threads: "threads" } },
  { title: "Log", metrics: { log_bytes_total: "bytes" } },
  { title: "Errors in the log", metrics: { log_errors_total: "errors" }, isGrowth: true },
  { title: "MCP operations", metrics: { operations_total: "" } },
  { title: "Time of MCP operations", metrics: { operation_p95_seconds: "95 of 100 within" } },
  { title: "Availability", metrics: { up: "up", listening: "listening" } },
];
/** Charts that are shown even if nothing moves. */
const MAIN = 4;
/** Says nothing as a line. */
const left_out = new Set(["start_time_seconds"]);

/** A chart and its series. */
export type Plan = { title: string; metrics: string[]; unit: string; scale: number; isRate: boolean; isGrowth: boolean; total: string; series: Labelled[]; isQuiet: boolean };

const short = (metric: string): string => metric.replace("mcpvisor_server_", "");

function labelOf(series: Series, name: string): string {
  const others = Object.entries(series.labels).filter(([key]) => key !== "server" && key !== "owner").map(([, value]) => value);
  return name || words(others.join(" ")) || words(short(series.metric));
}

/** One value all the time. */
function isFlat(all: readonly Labelled[]): boolean {
  return all.every(({ series: { kind, columns: { value, mean, increase } } }) =>
    mean && increase && kind === "counter" ? !increase.some(Boolean) : (mean ?? value).every((each, _, list) => each === list[0] || Math.abs((each ?? NaN) / (list[0] ?? NaN) - 1) < 1e-9));
}

/** The charts of an answer, the usual ones first. */
export function planned(all: readonly Series[]): Plan[] {
  const byMetric = new Map<string, Series[]>();
  for (const series of all) {
    const name = short(series.metric);
    if (left_out.has(name)) continue;
    byMetric.set(name, [...(byMetric.get(name) ?? []), series]);
  }
  const plans: Plan[] = [];
  const add = ({ title, metrics, unit, scale = 1, total = "", isGrowth = false }: Known): void => {
    const series = Object.entries(metrics).flatMap(([metric, name]) => {
      const found = byMetric.get(metric) ?? [];
      byMetric.delete(metric);
      return found.map((each) => ({ label: labelOf(each, name), series: each }));
    });
    const first = series[0]?.series;
    if (!first) return;
    plans.push({ title, metrics: series.map((each) => each.series.metric), unit: unit ?? first.unit, scale,
      isRate: first.kind === "counter" && unit !== "percent" && !isGrowth, isGrowth, total, series, isQuiet: plans.length >= MAIN && isFlat(series) });
  };
  for (const each of known) add(each);
  for (const metric of [...byMetric.keys()].sort()) add({ title: sentence(words(metric.replace(/_(total|bytes|seconds|ratio)/g, ""))), metrics: { [metric]: "" } });
  return plans;
}
