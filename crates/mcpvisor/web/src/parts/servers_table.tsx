// All servers in one table: search, states, groups by owner.
import { useMemo, useRef, useState } from "preact/hooks";
import { bytes, count, duration, percent, plural, ratio } from "../format/units";
import { visible } from "../format/text";
import { useKeys } from "../kit/keyboard";
import { Sparkline } from "../kit/sparkline";
import { Table, type Column } from "../kit/table";
import { Ago, Empty, Name, Num, Panel, Segments, StateBadge } from "../kit/ui";
import { go, link } from "../router";
import { live } from "../store/live";
import { serverRows, unchanged, type ServerRow } from "../store/rows";
import { sparks } from "../store/sparks";
import { useStore } from "../store/store";

const rank: Record<string, number> = { critical: 4, error: 3, warning: 2, info: 1 };
const hues: Record<string, string> = { critical: "red", error: "orange", warning: "yellow", info: "muted" };
const isBad = (row: ServerRow): boolean => row.worst !== undefined && row.worst !== "info" || ["orphan", "zombie", "stopped", "duplicate", "surplus"].includes(row.state);

const columns: readonly Column<ServerRow>[] = [
  { key: "name", title: "Server", width: 128, priority: 0, sort: (row) => row.name,
    cell: (row) => (
      <a class="row" style={{ flexWrap: "nowrap", minWidth: 0 }} href={link("server", row.id)}>
        <span class={`dot ${row.worst ? hues[row.worst] : row.instances > 0 ? "green" : "muted hollow"}`} title={row.worst ?? "well"} />
        <Name text={row.name} />
      </a>
    ) },
  { key: "state", title: "State", width: 104, priority: 1, sort: (row) => (rank[row.worst ?? ""] ?? 0) * 100 + (row.state === "running" ? 1 : row.instances > 0 ? 50 : 0), descending: true,
    cell: (row) => <StateBadge state={row.state} /> },
  { key: "owner", title: "Owner", width: 130, priority: 3, sort: (row) => row.owner,
    cell: (row) => <Name text={row.ownerAlive ? row.owner : `${row.owner} (gone)`} /> },
  { key: "cpu", title: "CPU", about: "Percent of one processor", width: 72, end: true, priority: 0, descending: true, sort: (row) => row.cpu, cell: (row) => <Num figure={percent(row.cpu)} /> },
  { key: "memory", title: "Memory", about: "Proportional memory (PSS), or resident where that cannot be read", width: 86, end: true, priority: 0, descending: true, sort: (row) => row.memory,
    cell: (row) => <Num figure={row.isResident ? { ...bytes(row.memory), exact: `${bytes(row.memory).exact}, resident` } : bytes(row.memory)} /> },
  { key: "line", title: "Last hour", about: "Memory in the last hour", width: 112, priority: 4,
    cell: (row) => row.line && <Sparkline values={row.line} height={20} colour="series-2" label={`Memory of ${visible(row.name)} in the last hour`} /> },
  { key: "processes", title: "Proc.", about: "Processes", width: 64, end: true, priority: 2, descending: true, sort: (row) => row.processes, cell: (row) => <Num figure={count(row.processes)} /> },
  { key: "threads", title: "Threads", width: 74, end: true, priority: 6, descending: true, sort: (row) => row.threads, cell: (row) => <Num figure={count(row.threads)} /> },
  { key: "fds", title: "FDs", about: "Open file descriptors", width: 62, end: true, priority: 6, descending: true, sort: (row) => row.fds, cell: (row) => <Num figure={count(row.fds)} /> },
  { key: "restarts", title: "Restarts", about: "In the last hour; of servers that mcpvisor keeps, since the start", width: 80, end: true, priority: 5, descending: true, sort: (row) => row.restarts, cell: (row) => <Num figure={count(row.restarts)} /> },
  { key: "uptime", title: "Uptime", about: "Of the instance that has run longest", width: 92, end: true, priority: 4, descending: true, sort: (row) => row.startedAt === null ? null : -row.startedAt, cell: (row) => row.startedAt === null ? "–" : <Ago at={row.startedAt} suffix="" /> },
];
/** Only where operations are seen. */
const more: readonly Column<ServerRow>[] = [
  { key: "p95", title: "p95", about: "95 of 100 MCP operations took at most this long", width: 72, end: true, priority: 3, descending: true, sort: (row) => row.operations?.p95, cell: (row) => <Num figure={duration(row.operations?.p95)} /> },
  { key: "success", title: "Success", about: "MCP operations of the last hour that were answered without an error", width: 80, end: true, priority: 3, sort: (row) => row.operations?.success, cell: (row) => <Num figure={ratio(row.operations?.success)} /> },
];
const withMore = [...columns, ...more];

type Shown = "all" | "running" | "bad";

export function ServersTable() {
  const state = useStore(live, (value) => value);
  const lines = useStore(sparks, (value) => value.memory);
  const operations = useStore(sparks, (value) => value.operations);
  const [text, setText] = useState("");
  const [which, setWhich] = useState<Shown>("all");
  const [isGrouped, setGrouped] = useState(false);
  const search = useRef<HTMLInputElement>(null);
  useKeys([{ key: "/", help: "Search servers", run: () => search.current?.focus() }]);
  const { snapshot, details, kept, findings, alerts } = state;
  const before = useRef<ServerRow[]>([]);
  const all = useMemo(() => (before.current = unchanged(before.current, serverRows(state, lines, operations))), [snapshot, details, kept, findings, alerts, lines, operations]);
  const rows = useMemo(() => {
    const wanted = text.toLowerCase().split(/\s+/).filter(Boolean);
    return wanted.length === 0 && which === "all" ? all : all.filter((row) => {
      if (which === "running" && row.instances === 0) return false;
      if (which === "bad" && !isBad(row)) return false;
      const words = `${row.name} ${row.owner} ${row.state}`.toLowerCase();
      return wanted.every((word) => words.includes(word));
    });
  }, [all, text, which]);
  const bad = all.filter(isBad).length;
  const choices: readonly (readonly [Shown, string])[] = [["all", `All ${all.length}`], ["running", "Running"], ["bad", `Not well ${bad}`]];
  const aside = (
    <div class="tools">
      <input ref={search} class="input search" type="search" placeholder="Search  /" aria-label="Search servers" value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()} />
      <Segments label="Which servers" value={which} choices={choices} choose={(shown: Shown) => setWhich(shown)} />
      <button class="button" aria-pressed={isGrouped} onClick={() => setGrouped(!isGrouped)}>{isGrouped ? "Ungroup" : "Group by owner"}</button>
    </div>
  );
  return (
    <Panel title="Servers" aside={aside} flush label="Servers">
      {all.length === 0 ? <NoServers /> : (
        <Table label="Servers" columns={operations.size > 0 ? withMore : columns} rows={rows} id={(row) => row.id} sorting={{ column: "state", descending: true }}
          group={isGrouped ? ownerOf : undefined} groupHead={groupHead} open={openServer}
          empty={<Empty title="No server matches"><button class="button" onClick={() => { setText(""); setWhich("all"); }}>Show all</button></Empty>} />
      )}
    </Panel>
  );
}

const openServer = (row: ServerRow): void => go("server", row.id);
const ownerOf = (row: ServerRow): string => row.owner;

function groupHead(name: string, rows: ServerRow[]) {
  const sum = (pick: (row: ServerRow) => number | null): number => rows.reduce((all, row) => all + (pick(row) ?? 0), 0);
  return (
    <span class="row" style={{ flexWrap: "nowrap" }}>
      <Name text={name} />
      <span class="muted cut" style={{ fontWeight: 400 }}>
        {plural(rows.length, "server")} · {plural(sum((row) => row.processes), "process", "processes")} · {bytes(sum((row) => row.memory)).text} · {percent(sum((row) => row.cpu)).text}
      </span>
    </span>
  );
}

function NoServers() {
  return (
    <Empty title="No MCP servers found">
      <p>No client declares any, and no process looks like one. Start a client that uses MCP servers, such as an editor or a
        gateway; it appears here with the next look. <code>mcpvisor doctor</code> tells which configuration files were read.</p>
    </Empty>
  );
}
