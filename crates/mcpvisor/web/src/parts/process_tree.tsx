// The processes of a server, children below their parents, with their roles and live figures.
import type * as Schema from "../api/schema";
import { visible, words } from "../format/text";
import { bytes, count, duration, percent } from "../format/units";
import { Badge, Empty, Num, Panel, type Hue } from "../kit/ui";

type Row = { process: Schema.ProcessReport; branch: string };

/** Rows in the order of the tree. Processes whose parent is not of the instance are roots. */
function rowsOf(instance: Schema.InstanceReport): Row[] {
  const byPid = new Map(instance.processes.map((process) => [process.pid, process]));
  const rows: Row[] = [];
  const seen = new Set<number>();
  const walk = (process: Schema.ProcessReport, lead: string, isLast: boolean, isRoot: boolean): void => {
    if (seen.has(process.pid)) return;
    seen.add(process.pid);
    rows.push({ process, branch: isRoot ? "" : `${lead}${isLast ? "└ " : "├ "}` });
    const children = instance.processes.filter(({ ppid }) => ppid === process.pid);
    children.forEach((child, at) => walk(child, isRoot ? "" : `${lead}${isLast ? "  " : "│ "}`, at === children.length - 1, false));
  };
  for (const process of instance.processes) if (!byPid.has(process.ppid)) walk(process, "", true, true);
  for (const process of instance.processes) walk(process, "", true, true);
  return rows;
}

const hues: Partial<Record<Schema.ProcessState, Hue>> = { zombie: "orange", stopped: "orange", disk_sleep: "yellow", dead: "red" };

export function ProcessTree({ server }: { server: Schema.ServerReport }) {
  const { instances } = server;
  return (
    <Panel title="Processes" aside={instances.length > 1 ? `${instances.length} instances` : undefined} flush>
      {instances.length === 0 ? <Empty title="It does not run"><p>It is declared, and no process of it is there.</p></Empty> : (
        <table class="tree" aria-label="Processes">
          <thead>
            <tr><th scope="col">Process</th><th scope="col">PID</th><th scope="col">CPU</th><th scope="col">Memory</th><th scope="col" class="wide">Threads</th><th scope="col" class="wide">FDs</th><th scope="col" class="wide">Uptime</th></tr>
          </thead>
          <tbody>{instances.flatMap((instance) => rowsOf(instance).map((row) => <Process key={row.process.pid} row={row} />))}</tbody>
        </table>
      )}
    </Panel>
  );
}

function Process({ row: { process, branch } }: { row: Row }) {
  const command = visible(process.cmdline || process.name);
  const state = hues[process.state];
  const resident = `${bytes(process.rss_bytes).exact} resident`;
  return (
    <tr>
      <td>
        <div class="who">
          {branch && <span class="branch" aria-hidden="true">{branch}</span>}
          {process.role && <Badge hue={process.role === "server" ? "accent" : "grey"}>{process.role}</Badge>}
          {state && <Badge hue={state}>{words(process.state)}</Badge>}
          {process.stray && <Badge hue="yellow" title="It left its group or session">stray</Badge>}
          <span class="cut mono" title={command}>{command}</span>
        </div>
      </td>
      <td title={`parent ${process.ppid}, session ${process.sid}${process.user ? `, user ${visible(process.user)}` : ""}`}>{process.pid}</td>
      <td><Num figure={percent(process.cpu_percent)} /></td>
      <td>{process.pss_bytes == null ? <Num figure={{ ...bytes(process.rss_bytes), exact: resident }} /> : <Num figure={{ ...bytes(process.pss_bytes), exact: `${bytes(process.pss_bytes).exact} proportional, ${resident}` }} />}</td>
      <td class="wide"><Num figure={count(process.threads)} /></td>
      <td class="wide"><Num figure={{ ...count(process.fds.total), exact: process.fds.limit ? `of ${count(process.fds.limit).exact}` : "limit not known" }} /></td>
      <td class="wide"><Num figure={duration(Math.floor(process.uptime_seconds))} /></td>
    </tr>
  );
}
