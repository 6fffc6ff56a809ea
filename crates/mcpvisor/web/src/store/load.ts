// One answer of the daemon, for one component: asked for when it appears and when its keys change, asked for again
// at a cadence. What was there stays while the next is under way, and a failure keeps it, marked as old.
import { useEffect, useRef, useState } from "preact/hooks";
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
  const latest = useRef(ask);
  latest.current = ask;
  // Whoever asks again while a question is under way gets the answer to the next one; an answer that takes longer
  // than the time between two questions would otherwise never arrive.
  const again = useRef(() => {});
  const question = JSON.stringify(keys);
  useEffect(() => {
    const abort = new AbortController();
    let isUnderWay = false;
    let isWanted = false;
    const run = async (): Promise<void> => {
      isWanted = isUnderWay;
      if (isUnderWay) return;
      isUnderWay = true;
      setState((before) => ({ ...before, busy: true }));
      try {
        const data = await latest.current(abort.signal);
        if (!abort.signal.aborted) setState({ data, busy: false });
      } catch (error) {
        if (abort.signal.aborted) return;
        const problem = error instanceof Problem ? error : new Problem(0, String(error));
        setState((before) => ({ ...before, problem, busy: false }));
      }
      isUnderWay = false;
      if (isWanted && !abort.signal.aborted) void run();
    };
    again.current = () => void run();
    // Another question: the old answer would be a wrong one.
    setState({ busy: true });
    void run();
    const timer = every > 0 ? setInterval(() => !document.hidden && void run(), every) : undefined;
    return () => {
      abort.abort();
      clearInterval(timer);
    };
  }, [question, every]);
  const [stable] = useState(() => () => again.current());
  return { ...state, data: state.data, problem: state.problem, again: stable };
}
