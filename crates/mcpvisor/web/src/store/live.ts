// What the page knows of the daemon: fed by the live events, and by what the events do not carry (processes,
// findings' costs, alerts' words), which is asked for when an event says that it has changed. Views read, never write.
import { api } from "../api/client";
import { onSignedOut, secret } from "../api/session";
import { follow, type LiveEvent, type StreamState } from "../api/stream";
import type * as Schema from "../api/schema";
import { dismiss, toast } from "../kit/toasts";
import { tellTime, tick } from "./clock";
import { createStore } from "./store";
import { pushSparks, seedSparks } from "./sparks";

/** A server in a live snapshot. */
export type LiveServer = { id: string; name: string; owner: string; state: Schema.ServerState; totals: Schema.Totals };

/** A look of the daemon. */
export type Snapshot = {
  number: number;
  taken_at: string;
  level: Schema.Level;
  summary: Schema.Summary;
  servers: LiveServer[];
};

/** What everybody may read. */
export type Live = {
  signedIn: boolean;
  stream: StreamState;
  snapshot: Snapshot | undefined;
  /** By id: processes, declarations, history. */
  details: ReadonlyMap<string, Schema.ServerReport>;
  findings: Schema.FindingReport[] | undefined;
  unavailable: Schema.Unavailable[];
  alerts: Schema.Alert[] | undefined;
  kept: ReadonlyMap<string, Schema.Kept>;
  containers: Schema.ContainersReport | undefined;
  host: Schema.HostReport | undefined;
  status: Schema.Status | undefined;
  rules: Schema.RuleReport[];
  /** What happened since the page was opened, the latest first. */
  events: Schema.ChangeReport[];
  /** Grows when something was missed, so that views ask again. */
  epoch: number;
};

export const live = createStore<Live>({
  signedIn: secret() !== null,
  stream: { phase: "connecting" },
  snapshot: undefined,
  details: new Map(),
  findings: undefined,
  unavailable: [],
  alerts: undefined,
  kept: new Map(),
  containers: undefined,
  host: undefined,
  status: undefined,
  rules: [],
  events: [],
  epoch: 0,
});

const KEPT_EVENTS = 200;
const FIRST_PAINT = 250;

/** The parts that are asked for, each at most once in so many milliseconds, and again after so many. */
const parts = {
  servers: { least: 3_000, every: 30_000, ask: loadServers },
  findings: { least: 2_000, every: 30_000, ask: loadFindings },
  alerts: { least: 1_000, every: 30_000, ask: loadAlerts },
  supervision: { least: 1_000, every: 15_000, ask: loadSupervision },
  containers: { least: 5_000, every: 60_000, ask: loadContainers },
  status: { least: 5_000, every: 60_000, ask: loadStatus },
  sparks: { least: 30_000, every: 600_000, ask: seedSparks },
};

/** A part that can be asked for again. */
export type Part = keyof typeof parts;

const pending = new Map<Part, ReturnType<typeof setTimeout>>();
const askedAt = new Map<Part, number>();

async function loadServers(): Promise<void> {
  const answer = await api.servers();
  live.set({ details: new Map(answer.servers.map((server) => [server.id, server])) });
}

async function loadFindings(): Promise<void> {
  const answer = await api.findings();
  live.set({ findings: answer.findings, unavailable: answer.unavailable });
}

async function loadAlerts(): Promise<void> {
  live.set({ alerts: (await api.alerts()).alerts });
}

async function loadSupervision(): Promise<void> {
  const answer = await api.supervision();
  live.set({ kept: new Map(answer.servers.map((kept) => [kept.server, kept])) });
}

async function loadContainers(): Promise<void> {
  live.set({ containers: await api.containers() });
}

async function loadStatus(): Promise<void> {
  const [status, host, { rules }] = await Promise.all([api.status(), live.get().host ?? api.host(), api.rules()]);
  live.set({ status, host, rules });
}

/** Asks for a part soon: at once, or when its time has come. */
export function refresh(...names: Part[]): void {
  for (const name of names) {
    if (pending.has(name) || !live.get().signedIn) continue;
    const part = parts[name];
    const wait = Math.max(0, (askedAt.get(name) ?? 0) + part.least - Date.now());
    pending.set(name, setTimeout(() => {
      pending.delete(name);
      askedAt.set(name, Date.now());
      // A failure shows by the stream's state and by the age of what is there.
      part.ask().catch(() => undefined);
    }, wait));
  }
}

function refreshOld(): void {
  if (document.hidden || live.get().stream.phase !== "open") return;
  for (const name of Object.keys(parts) as Part[]) {
    if (Date.now() - (askedAt.get(name) ?? 0) >= parts[name].every) refresh(name);
  }
}

function take(event: LiveEvent): void {
  const data = JSON.parse(event.data) as unknown;
  switch (event.kind) {
    case "snapshot": {
      const snapshot = data as Snapshot;
      pushSparks(snapshot);
      live.set({ snapshot });
      tick();
      return;
    }
    case "lagged":
      live.set({ epoch: live.get().epoch + 1 });
      refresh("servers", "findings", "alerts", "supervision");
      return;
    case "action":
      refresh("supervision");
      return;
    default: {
      const change = { kind: event.kind, ...(data as object) } as Schema.ChangeReport;
      live.set({ events: [change, ...live.get().events].slice(0, KEPT_EVENTS) });
      if (event.kind === "server") refresh("servers", "supervision");
      if (event.kind === "finding") refresh("findings", "servers");
      if (event.kind === "alert") {
        refresh("alerts");
        const { alert } = change.data as { alert: Schema.Alert };
        if (change.severity === "critical") toast(change.title, "bad", alert.id);
        else dismiss(alert.id);
      }
    }
  }
}

/** Begins to follow; called once. */
export function begin(): void {
  let stop: (() => void) | undefined;
  let wasOpen = false;
  const start = (): void => {
    stop = follow({
      event: take,
      time: tellTime,
      state(stream) {
        live.set({ stream });
        if (stream.phase !== "open") return;
        // Another daemon may answer now: what was asked for before may be of the one that has ended.
        if (wasOpen) live.set({ epoch: live.get().epoch + 1 });
        wasOpen = true;
        // The first look comes with the stream. Everything else waits until that is painted.
        setTimeout(() => refresh(...(Object.keys(parts) as Part[])), live.get().snapshot ? 0 : FIRST_PAINT);
      },
    });
  };
  onSignedOut(() => {
    stop?.();
    live.set({ signedIn: false });
  });
  if (live.get().signedIn) start();
  setInterval(refreshOld, 5_000);
  document.addEventListener("visibilitychange", refreshOld);
}
