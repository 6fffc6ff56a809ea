// A value that components follow. Changes are collected and told once a frame, however many events arrive in
// between; a component renders again only if what it picks has changed.
import { useLayoutEffect, useReducer, useRef } from "preact/hooks";

/** A followed value. */
export type Store<T> = {
  get(): T;
  /** Changes some fields. */
  set(change: Partial<T>): void;
  follow(listener: () => void): () => void;
};

const waiting = new Set<() => void>();
let scheduled = false;

function flush(): void {
  scheduled = false;
  const all = [...waiting];
  waiting.clear();
  for (const listener of all) listener();
}

function schedule(listeners: Set<() => void>): void {
  for (const listener of listeners) waiting.add(listener);
  if (scheduled) return;
  scheduled = true;
  // A hidden page has no frames, and nobody looks: a slow timer keeps its memory from growing.
  if (document.hidden) setTimeout(flush, 1000);
  else requestAnimationFrame(flush);
}

/** A store with its first value. */
export function createStore<T extends object>(first: T): Store<T> {
  let value = first;
  const listeners = new Set<() => void>();
  return {
    get: () => value,
    set(change) {
      value = { ...value, ...change };
      schedule(listeners);
    },
    follow(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
        waiting.delete(listener);
      };
    },
  };
}

/** What a component picks out of a store; it renders again when that is another. */
export function useStore<T, P>(store: Store<T>, pick: (value: T) => P): P {
  const [, render] = useReducer((count: number) => count + 1, 0);
  const picked = pick(store.get());
  const now = useRef({ picked, pick });
  now.current = { picked, pick };
  useLayoutEffect(() => {
    const look = (): void => {
      if (!Object.is(now.current.pick(store.get()), now.current.picked)) render(undefined);
    };
    look();
    return store.follow(look);
  }, [store]);
  return picked;
}
