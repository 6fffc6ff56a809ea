// Requests to the daemon. Paths are relative to the page, so they work below any prefix. A refusal becomes a
// `Problem` with the daemon's own words, which say what happened and what to do.
import { forget, secret } from "./session";
import type * as Schema from "./schema";

/** Where the page is; everything else is below it. */
export const base = new URL(".", location.href.split("#")[0]);

/** Nobody answers. */
export const GONE = "the daemon does not answer";

/** What the daemon answers instead of what was asked for. */
export class Problem extends Error {
  /** 0: nobody answered. */
  readonly status: number;
  /** What the plan would be now, where one was refused. */
  readonly planId: string | undefined;

  constructor(status: number, message: string, planId?: string) {
    super(message);
    this.status = status;
    this.planId = planId;
  }
}

/** Query parameters; what is undefined is left out. */
export type Query = Record<string, string | number | boolean | undefined>;

/** The address of a path with its query. */
export function address(path: string, query: Query = {}): URL {
  const url = new URL(path, base);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  return url;
}

/** Headers that say who asks. */
export function credentials(): Record<string, string> {
  const own = secret();
  return own ? { authorization: `Bearer ${own}` } : {};
}

/** What is wrong with an answer. */
export async function problemOf(answer: Response): Promise<Problem> {
  let detail = answer.statusText || `the daemon answered ${answer.status}`;
  let planId: string | undefined;
  try {
    const body = (await answer.json()) as { detail?: string; title?: string; plan_id?: string };
    detail = body.detail ?? body.title ?? detail;
    planId = body.plan_id;
  } catch {
    // A proxy in between may answer with a page of its own.
  }
  if (answer.status === 401) forget();
  return new Problem(answer.status, detail, planId);
}

async function request<T>(method: string, path: string, query?: Query, body?: unknown, signal?: AbortSignal): Promise<T> {
  const headers = credentials();
  if (body !== undefined) headers["content-type"] = "application/json";
  let answer: Response;
  try {
    answer = await fetch(address(path, query), {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      signal: signal ?? null,
      cache: "no-store",
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Problem(0, GONE);
  }
  if (!answer.ok) throw await problemOf(answer);
  if (answer.status === 204) return undefined as T;
  return (await answer.json()) as T;
}

const get = <T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> =>
  request<T>("GET", path, query, undefined, signal);
const post = <T>(path: string, body: unknown = {}, query?: Query): Promise<T> => request<T>("POST", path, query, body);
const below = (id: string, rest = ""): string => `api/v1/servers/${encodeURIComponent(id)}${rest}`;

/** What is asked of the past. */
export type HistoryQuery = { metric?: string; server?: string; owner?: string; from?: string; to?: string; step?: string };

/** A series of the past, as lists. */
export type Series = Schema.HistorySeries & { columns: Schema.Columns };
/** An answer of the past. */
export type Past = Omit<Schema.HistoryReport, "series"> & { series: Series[] };

/** An order to a server that mcpvisor keeps. */
export type Order = "start" | "stop" | "restart";

/** All paths that views use. */
export const api = {
  host: () => get<Schema.HostReport>("api/v1/host"),
  status: () => get<Schema.Status>("api/v1/status"),
  servers: (fresh?: boolean) => get<Schema.Servers>("api/v1/servers", { fresh }),
  findings: () => get<Schema.Findings>("api/v1/findings"),
  pastFindings: (query: Query, signal?: AbortSignal) => get<Schema.PastFindings>("api/v1/findings/history", query, signal),
  alerts: (query: Query = {}, signal?: AbortSignal) => get<Schema.Alerts>("api/v1/alerts", query, signal),
  rules: () => get<Schema.Rules>("api/v1/rules"),
  receivers: () => get<Schema.Receivers>("api/v1/receivers"),
  testReceiver: (name: string) => post<Schema.ReceiverTest>(`api/v1/receivers/${encodeURIComponent(name)}/test`),
  silences: () => get<Schema.Silences>("api/v1/silences"),
  silence: (wish: Schema.SilenceRequest) => post<Schema.SilenceReport>("api/v1/silences", wish),
  endSilence: (id: string) => request<void>("DELETE", `api/v1/silences/${encodeURIComponent(id)}`),
  acknowledge: (id: string, comment: string) =>
    post<Schema.Alert>(`api/v1/alerts/${encodeURIComponent(id)}/ack`, { comment }),
  clearAlert: (id: string) => request<Schema.Cleared>("DELETE", `api/v1/alerts/${encodeURIComponent(id)}`),
  clean: (wish: Schema.CleanRequest) => post<Schema.CleanReport>("api/v1/clean", wish),
  containers: (query: Query = {}) => get<Schema.ContainersReport>("api/v1/containers", query),
  supervision: () => get<Schema.Supervision>("api/v1/supervision"),
  audit: (query: Query = {}) => get<Schema.AuditList>("api/v1/audit", query),
  changes: (query: Query = {}, signal?: AbortSignal) => get<Schema.Changes>("api/v1/changes", query, signal),
  history: (query: HistoryQuery, signal?: AbortSignal) => get<Past>("api/v1/history", { ...query, columns: true }, signal),
  config: () => get<Schema.ConfigReport>("api/v1/config"),
  server: (id: string, signal?: AbortSignal) => get<Schema.ServerReport>(below(id), {}, signal),
  serverHistory: (id: string, query: HistoryQuery, signal?: AbortSignal) =>
    get<Past>(below(id, "/history"), { ...query, columns: true }, signal),
  serverHealth: (id: string, signal?: AbortSignal) => get<Schema.ServerHealth>(below(id, "/health"), {}, signal),
  serverAlerts: (id: string, query: Query = {}, signal?: AbortSignal) =>
    get<Schema.Alerts>(below(id, "/alerts"), query, signal),
  serverLogs: (id: string, lines: number, signal?: AbortSignal) =>
    get<Schema.ServerLog>(below(id, "/logs"), { lines }, signal),
  order: (id: string, order: Order, wait = 60) => post<Schema.TaskReport>(below(id, `/${order}`), {}, { wait }),
};
