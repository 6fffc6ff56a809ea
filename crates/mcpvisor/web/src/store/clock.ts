// The time by seconds, for ages that are shown. One timer for all.
import { createStore, useStore } from "./store";

const clock = createStore({ now: Date.now() });
setInterval(() => clock.set({ now: Date.now() }), 1000);

/** Now, told each second. */
export function useNow(): number {
  return useStore(clock, (value) => value.now);
}
