// Live events. A browser's EventSource cannot send our header, so the stream is read with fetch: cut into events,
// resumed by the last id, opened again after a while. A beat comes every 15 s; a stream that is silent for much
// longer is dead, though its connection may not know.
import { address, credentials, GONE, Problem, problemOf } from "./client";

/** One event. */
export type LiveEvent = { kind: string; data: string };

/** How the stream is. */
export type StreamState =
  | { phase: "connecting" }
  | { phase: "open" }
  | { phase: "waiting"; retryAt: number; problem: Problem };

/** Who is told. */
export type Listener = {
  event(event: LiveEvent): void;
  state(state: StreamState): void;
  /** The time as the daemon told it with its answer. */
  time(date: string | null): void;
};

const SILENT_FOR = 40_000;
const LONGEST_WAIT = 15_000;

/** Follows the events until the answer is called. */
export function follow(listener: Listener): () => void {
  let last: string | undefined;
  let failures = 0;
  let stopped = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let abort = new AbortController();

  const again = (problem: Problem): void => {
    if (stopped) return;
    // 401 ends it: the session tells the rest of the page.
    if (problem.status === 401) return;
    const wait = Math.min(LONGEST_WAIT, 500 * 2 ** failures) * (0.75 + Math.random() / 2);
    failures += 1;
    listener.state({ phase: "waiting", retryAt: Date.now() + wait, problem });
    timer = setTimeout(connect, wait);
  };

  const connect = (): void => {
    clearTimeout(timer);
    abort.abort();
    const own = new AbortController();
    abort = own;
    listener.state({ phase: "connecting" });
    // Of a stream that was given up for another one nothing is heard any more.
    const isCurrent = (): boolean => abort === own;
    read(own, last, (date) => {
      failures = 0;
      listener.time(date);
      listener.state({ phase: "open" });
    }, (id, event) => {
      if (id !== undefined) last = id;
      listener.event(event);
    }).then(
      () => isCurrent() && again(new Problem(0, "the daemon has ended the stream")),
      (error: unknown) => isCurrent() && again(error instanceof Problem ? error : new Problem(0, GONE)),
    );
  };

  // A laptop that wakes up, or a network that is back, need not wait.
  const hurry = (): void => {
    if (!stopped && failures > 0) connect();
  };
  addEventListener("online", hurry);
  connect();
  return () => {
    stopped = true;
    clearTimeout(timer);
    abort.abort();
    removeEventListener("online", hurry);
  };
}

async function read(
  abort: AbortController,
  last: string | undefined,
  opened: (date: string | null) => void,
  tell: (id: string | undefined, event: LiveEvent) => void,
): Promise<void> {
  const headers = credentials();
  if (last !== undefined) headers["last-event-id"] = last;
  const asked = Date.now();
  const answer = await fetch(address("api/v1/events"), { headers, signal: abort.signal, cache: "no-store" });
  if (!answer.ok || !answer.body) throw await problemOf(answer);
  // What was long under way tells no time.
  opened(Date.now() - asked < 1000 ? answer.headers.get("date") : null);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  const cut = cutter(tell);
  for (;;) {
    const silence = setTimeout(() => abort.abort(), SILENT_FOR);
    const { done, value } = await reader.read();
    clearTimeout(silence);
    if (done) return;
    cut(value);
  }
}

/** Puts pieces of text together and cuts them into events. */
export function cutter(tell: (id: string | undefined, event: LiveEvent) => void): (piece: string) => void {
  let rest = "";
  return (piece) => {
    rest += piece;
    for (let end = rest.indexOf("\n\n"); end >= 0; end = rest.indexOf("\n\n")) {
      const block = rest.slice(0, end);
      rest = rest.slice(end + 2);
      let id: string | undefined;
      let kind = "message";
      let data = "";
      for (const line of block.split("\n")) {
        if (line.startsWith("id: ")) id = line.slice(4);
        else if (line.startsWith("event: ")) kind = line.slice(7);
        else if (line.startsWith("data: ")) data += line.slice(6);
      }
      if (data) tell(id, { kind, data });
    }
  };
}
