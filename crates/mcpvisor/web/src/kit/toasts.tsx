// Short words about what was done or has happened. Bad news stays until it is closed.
import { createStore, useStore } from "../store/store";
import { visible } from "../format/text";

/** How a toast looks. */
export type Tone = "plain" | "good" | "bad";
type Toast = { id: number; text: string; tone: Tone; about: string };

const toasts = createStore<{ all: Toast[] }>({ all: [] });
const MOST = 5;
let next = 0;

const close = (id: number): void => toasts.set({ all: toasts.get().all.filter((toast) => toast.id !== id) });

/** What was said about this is over. */
export function dismiss(about: string): void {
  toasts.set({ all: toasts.get().all.filter((toast) => toast.about !== about) });
}

/** Shows a text, in place of the one before about the same thing. */
export function toast(text: string, tone: Tone = "plain", about = text): void {
  const id = (next += 1);
  dismiss(about);
  toasts.set({ all: [...toasts.get().all, { id, text, tone, about }].slice(-MOST) });
  if (tone !== "bad") setTimeout(() => close(id), 6_000);
}

/** Where they appear; once in the frame. */
export function Toasts() {
  const all = useStore(toasts, (value) => value.all);
  return (
    <div class="toasts" role="status" aria-live="polite">
      {all.map(({ id, text, tone }) => (
        <div key={id} class={`toast ${tone}`}>
          <span class="grow">{visible(text)}</span>
          <button class="button quiet icon" aria-label="Close" onClick={() => close(id)}>✕</button>
        </div>
      ))}
    </div>
  );
}
