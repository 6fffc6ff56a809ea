// The past of one server for its charts: series of the range, followed by what each look adds; and what happened.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { api, Problem, type Series } from "../api/client";
import type * as Schema from "../api/schema";
import type { Mark } from "../kit/chart";
import { cadenceOf, lengthOf, questionOf, type Range } from "../kit/ranges";
import { joined } from "../kit/series";
import { now } from "../store/clock";
import { live } from "../store/live";
import { useLoad } from "../store/load";
import { useStore } from "../store/store";
import { isAbout } from "./server_panels";

/** Series, and the ends of their time, in seconds since 1970. */
export type Past = { series: Series[]; from: number; to: number };

/** The series of a range. Samples are asked for once and then continued; buckets are asked for again. */
export function usePast(id: string, range: Range): { past: Past | undefined; problem: Problem | undefined; again(): void } {
  const [past, setPast] = useState<Past>();
  const [problem, setProblem] = useState<Problem>();
  const [round, setRound] = useState(0);
  const epoch = useStore(live, (value) => value.epoch);
  const question = questionOf(range);
  const key = JSON.stringify([id, range, epoch, round]);
  const latest = useRef(past);
  latest.current = past;
  useEffect(() => {
    const abort = new AbortController();
    const long = lengthOf(range);
    let isWhole = true;
    const ask = async (): Promise<void> => {
      const old = latest.current;
      const newest = old?.series.reduce((most, { columns }) => Math.max(most, columns.at.at(-1) ?? 0), 0);
      const continues = !isWhole && question.step === undefined && !!newest;
      try {
        const answer = await api.serverHistory(id, continues ? { from: new Date(newest * 1000).toISOString() } : question, abort.signal);
        const to = range.zoom?.to ?? now() / 1000;
        const from = range.zoom?.from ?? to - long;
        const series = continues && old ? joined(old.series, answer.series, from) : answer.series;
        setPast({ series, from, to });
        setProblem(undefined);
        isWhole = false;
      } catch (error) {
        if (!abort.signal.aborted) setProblem(error instanceof Problem ? error : new Problem(0, String(error)));
      }
    };
    void ask();
    const every = cadenceOf(range);
    const timer = every > 0 ? setInterval(() => !document.hidden && void ask(), every) : undefined;
    return () => {
      abort.abort();
      clearInterval(timer);
    };
  }, [key]);
  return { past, problem, again: () => setRound(round + 1) };
}

/** Events, alerts and findings of a server as marks. */
export function useMarks(server: Schema.ServerReport, from: number | undefined): Mark[] {
  const newest = useStore(live, (value) => value.events[0]);
  const names = [server.name, server.owner.name];
  const since = from === undefined ? undefined : Math.floor(from / 60) * 60;
  const changes = useLoad((signal) => api.changes({ limit: 2000, kind: "server" }, signal), names);
  const alerts = useLoad(async (signal) => {
    const [on, over] = await Promise.all([api.serverAlerts(server.id, {}, signal), api.alerts({ server: server.id, state: "resolved", limit: 200 }, signal)]);
    return [...on.alerts, ...over.alerts];
  }, [server.id]);
  const findings = useLoad((signal) => api.pastFindings({ from: since ?? "-1h" }, signal), [...names, since === undefined ? 0 : Math.floor(since / 600)]);
  useEffect(() => {
    if (!newest) return;
    if (newest.kind === "server") changes.again();
    if (newest.kind === "alert") alerts.again();
    if (newest.kind === "finding") findings.again();
  }, [newest]);
  return useMemo(() => {
    const seconds = (at: string): number => Date.parse(at) / 1000;
    const marks: Mark[] = [];
    for (const change of changes.data?.changes ?? []) {
      if (isAbout(change, server)) marks.push({ at: seconds(change.at), text: change.title, severity: "info" });
    }
    for (const alert of alerts.data ?? []) {
      if (alert.starts_at) marks.push({ at: seconds(alert.starts_at), text: `alert: ${alert.summary}`, severity: alert.severity });
      if (alert.ends_at) marks.push({ at: seconds(alert.ends_at), text: `over: ${alert.summary}`, severity: "info" });
    }
    for (const finding of findings.data?.findings ?? []) {
      if (finding.server === server.name && finding.owner === server.owner.name) marks.push({ at: seconds(finding.from), text: finding.title, severity: finding.severity });
    }
    return marks;
  }, [changes.data, alerts.data, findings.data, server.id]);
}
