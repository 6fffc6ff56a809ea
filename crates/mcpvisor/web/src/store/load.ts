// One answer of the daemon, for one component: asked for when it appears and when its keys change, asked for again
// at a cadence. What was there stays while the next is under way, and a failure keeps it, marked as old.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { Problem } from "../api/client";

/** How an answer is. */
export type Loaded<T> = {
  data: T | undefined;
  problem: Problem | undefined;
  /** Asked for and not answered yet. */
  busy: boolean;
  again(): void;
};

/** Asks, again when a key changes, and every `every` milliseconds while the page is looked at. */
export function useLoad<T>(ask: (signal: AbortSignal) => Promise<T>, keys: readonly unknown[], every = 0): Loaded<T> {
  const [state, setState] = useState<{ data?: T; problem?: Problem; busy: boolean }>({ busy: true });
  const [round, setRound] = useState(0);
  const latest = useRef(ask);
  latest.current = ask;
  const again = useCallback(() => setRound((before) => before + 1), []);
  // Another question: the old answer would be a wrong one.
  const question = JSON.stringify(keys);
  const asked = useRef(question);
  useEffect(() => {
    const abort = new AbortController();
    const isOther = asked.current !== question;
    asked.current = question;
    setState((before) => (isOther ? { busy: true } : { ...before, busy: true }));
    latest.current(abort.signal).then(
      (data) => !abort.signal.aborted && setState({ data, busy: false }),
      (error: unknown) => {
        if (abort.signal.aborted) return;
        const problem = error instanceof Problem ? error : new Problem(0, String(error));
        setState((before) => ({ ...before, problem, busy: false }));
      },
    );
    return () => abort.abort();
  }, [question, round]);
  useEffect(() => {
    if (every <= 0) return undefined;
    const timer = setInterval(() => {
      if (!document.hidden) again();
    }, every);
    return () => clearInterval(timer);
  }, [every, again]);
  return { data: state.data, problem: state.problem, busy: state.busy, again };
}
