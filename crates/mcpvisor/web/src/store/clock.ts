// The time, for ages that are shown: the daemon's, since ages are of what it has seen, and a browser's clock may be
// another. One timer for all, which goes with the looks where these come each second, so that both are one picture.
import { createStore, useStore } from "./store";

let ahead = 0;

/** Now by the daemon's clock, in milliseconds since 1970. */
export const now = (): number => Date.now() - ahead;

const clock = createStore({ now: now() });
let timer: ReturnType<typeof setTimeout>;

/** Tells everybody the time, and again a good second later. */
export function tick(): void {
  clearTimeout(timer);
  timer = setTimeout(tick, 1100);
  clock.set({ now: now() });
}
tick();

/** Takes what the daemon said the time is; it tells whole seconds, so less than two are no difference. */
export function tellTime(date: string | null): void {
  const by = Date.now() - Date.parse(date ?? "");
  ahead = Math.abs(by) >= 2000 ? by : 0;
}

/** What follows from the time, looked at each second; the component renders again only when that is another. */
export function useNow<T>(pick: (now: number) => T): T {
  return useStore(clock, (value) => pick(value.now));
}
