// Keys: whoever is shown registers its own with a word of help, and `?` lists those of the moment.
import { useEffect, useRef, useState } from "preact/hooks";
import { Dialog } from "./dialog";

type Key = { key: string; help: string; run(event: KeyboardEvent): void };
const active = new Set<{ keys: Key[] }>();

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (document.querySelector("dialog[open]")) return;
  // What was registered last stands above.
  for (const { keys } of [...active].reverse()) {
    const found = keys.find((each) => each.key === event.key);
    if (!found) continue;
    event.preventDefault();
    found.run(event);
    return;
  }
});

/** Keys while this component is shown. */
export function useKeys(keys: Key[]): void {
  const entry = useRef({ keys });
  entry.current.keys = keys;
  useEffect(() => {
    const own = entry.current;
    active.add(own);
    return () => void active.delete(own);
  }, []);
}

const shown: Record<string, string> = { ArrowDown: "↓", ArrowUp: "↑", Enter: "↵", Escape: "Esc" };

/** The list of keys; `?` opens it. */
export function KeyHelp() {
  const [isOpen, setOpen] = useState(false);
  useKeys([{ key: "?", help: "This list", run: () => setOpen(true) }]);
  if (!isOpen) return null;
  const all = [...active].flatMap(({ keys }) => keys);
  return (
    <Dialog title="Keys" close={() => setOpen(false)}>
      <dl class="keys">
        {all.map(({ key, help }) => [<dt><kbd>{shown[key] ?? key}</kbd></dt>, <dd>{help}</dd>])}
        <dt><kbd>↑</kbd> <kbd>↓</kbd></dt><dd>From row to row in a table</dd>
        <dt><kbd>↵</kbd></dt><dd>Open the row</dd>
      </dl>
      <footer><button type="button" class="button" autofocus onClick={() => setOpen(false)}>Close</button></footer>
    </Dialog>
  );
}
