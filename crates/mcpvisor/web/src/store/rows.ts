// Servers as tables show them: what each look tells, joined with what is asked for less often.
import type * as Schema from "../api/schema";
import type { Live } from "./live";
import { sparkKey, type Line, type Operations } from "./sparks";

/** A server in a table. */
export type ServerRow = {
  id: string;
  name: string;
  owner: string;
  ownerAlive: boolean;
  /** Of a kept server that does not run its own state, which says why. */
  state: string;
  cpu: number | null;
  memory: number | null;
  /** Memory is resident, since proportional memory is not to be had. */
  isResident: boolean;
  line: Line | undefined;
  processes: number;
  instances: number;
  threads: number;
  fds: number | null;
  /** In the last hour, or, of kept servers, since the start. */
  restarts: number | null;
  /** Of the instance that has run longest. */
  startedAt: number | null;
  worst: Schema.Severity | undefined;
  operations: Operations | undefined;
};

const rank: Record<Schema.Severity, number> = { info: 0, warning: 1, error: 2, critical: 3 };

/** The worst severity of findings and firing alerts, by server. */
export function worstBy(state: Live): Map<string, Schema.Severity> {
  const worst = new Map<string, Schema.Severity>();
  const note = (server: string | null | undefined, severity: Schema.Severity): void => {
    if (!server) return;
    const known = worst.get(server);
    if (known === undefined || rank[severity] > rank[known]) worst.set(server, severity);
  };
  for (const finding of state.findings ?? []) note(finding.server, finding.severity);
  for (const alert of state.alerts ?? []) {
    const { server, owner } = alert.labels;
    if (alert.state === "firing" && server) note(sparkKey(server, owner ?? ""), alert.severity);
  }
  return worst;
}

/** All rows of the last look. */
export function serverRows(state: Live, lines: ReadonlyMap<string, Line>, operations: ReadonlyMap<string, Operations>): ServerRow[] {
  const worst = worstBy(state);
  return (state.snapshot?.servers ?? []).map((server) => {
    const detail = state.details.get(server.id);
    const kept = state.kept.get(server.id);
    const { totals } = server;
    const isRunning = totals.instances > 0;
    const key = sparkKey(server.name, server.owner);
    const [byId, byName] = [worst.get(server.id), worst.get(key)];
    const starts = detail?.instances.map(({ started_at }) => Date.parse(started_at)) ?? [];
    return {
      id: server.id,
      name: server.name,
      owner: server.owner,
      ownerAlive: detail?.owner.alive ?? true,
      state: kept && !isRunning ? kept.state : server.state,
      cpu: isRunning ? totals.cpu_percent ?? null : null,
      memory: isRunning ? totals.pss_bytes ?? totals.rss_bytes : null,
      isResident: isRunning && (totals.pss_bytes ?? null) === null,
      line: isRunning ? lines.get(key) : undefined,
      processes: totals.processes,
      instances: totals.instances,
      threads: totals.threads,
      fds: totals.fds ?? null,
      restarts: kept?.restarts ?? detail?.history?.restarts ?? null,
      startedAt: starts.length > 0 ? Math.min(...starts) : null,
      worst: byId && byName ? (rank[byId] >= rank[byName] ? byId : byName) : byId ?? byName,
      operations: operations.get(key),
    };
  });
}

/** The new rows, but the old ones where they say the same, so that nobody draws them again. */
export function unchanged(old: readonly ServerRow[], rows: ServerRow[]): ServerRow[] {
  const byId = new Map(old.map((row) => [row.id, row]));
  return rows.map((row) => {
    const before = byId.get(row.id);
    return before && (Object.keys(row) as (keyof ServerRow)[]).every((key) => row[key] === before[key]) ? before : row;
  });
}
