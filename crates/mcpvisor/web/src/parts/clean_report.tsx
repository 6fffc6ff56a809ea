// What a cleaning did: before and after, and what became of each process, container and file.
import type * as Schema from "../api/schema";
import { visible, words } from "../format/text";
import { bytes, count, plural, type Figure } from "../format/units";
import { Badge, Num, Panel, When, type Hue } from "../kit/ui";
import { Fold, Grid, Lines } from "./pieces";

const outcomes: Record<string, Hue> = { done: "green", ended: "green", removed: "green", already_gone: "green", incomplete: "orange", survived: "red", failed: "red", changed: "yellow", refused: "yellow" };
const Outcome = ({ of }: { of: string }) => <Badge hue={outcomes[of] ?? "grey"}>{words(of)}</Badge>;

type Row = [string, (of: Schema.Measured) => Figure];
const rows: Row[] = [
  ["Processes", (of) => count(of.processes)],
  ["Proportional memory", (of) => bytes(of.pss_bytes)],
  ["Resident memory", (of) => bytes(of.rss_bytes)],
  ["Open descriptors", (of) => count(of.fds)],
  ["Listening ports", (of) => ({ text: count(of.ports.length).text, exact: of.ports.join(", ") || "none" })],
  ["Containers", (of) => count(of.containers)],
  ["Their memory", (of) => bytes(of.container_memory_bytes)],
  ["Files", (of) => count(of.files)],
];

export function CleanReport({ report, close }: { report: Schema.CleanReport; close(): void }) {
  const { before, after, freed, plan } = report;
  const shown = before && after && freed ? rows.filter(([, of]) => ![of(before), of(after)].every(({ text }) => text === "0" || text === "–" || text === "0 B")) : [];
  const nameOf = (pid: number): string => plan.removals.find(({ pids }) => pids.includes(pid))?.name ?? "";
  const done = [
    ...report.results.map(({ pid, outcome, detail }) => [`PID ${pid}`, nameOf(pid), outcome, detail] as const),
    ...(report.containers ?? []).map(({ container, name, outcome, detail }) => [`container ${container.slice(0, 12)}`, name, outcome, detail] as const),
    ...(report.files ?? []).map(({ path, outcome, detail }) => [path, "", outcome, detail] as const),
  ];
  return (
    <Panel title={<>Cleaning <Outcome of={report.outcome} /></>} aside={<><When at={report.taken_at} /><button class="button" onClick={close}>Close</button></>} flush label="What the cleaning did">
      {before && after && freed && (
        <Grid label="Before and after" heads={["", "Before", "After", "Freed"]} ends={1}
          rows={shown.map(([name, of]) => [name, <Num figure={of(before)} />, <Num figure={of(after)} />, <b><Num figure={of(freed)} /></b>])} />
      )}
      <div class="body" style={{ padding: "8px 14px" }}>
        <Lines all={report.notes} />
        <Fold title={`What became of ${plural(done.length, "thing")}`} open={report.outcome !== "done"}>
          <Grid label="Outcomes" heads={["What", "Server", "Outcome", "How"]}
            rows={done.map(([what, name, outcome, detail]) => [visible(what), visible(name), <Outcome of={outcome} />, visible(detail ?? "")])} />
        </Fold>
      </div>
    </Panel>
  );
}
