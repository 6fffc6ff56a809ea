// Colours for canvases, which know no custom properties: read once for each theme, through an element that has them.
import { createStore, useStore } from "../store/store";

const names = ["text", "muted", "line", "surface", "accent", "green", "yellow", "orange", "red",
  "series-1", "series-2", "series-3", "series-4", "series-5", "series-6"] as const;

/** A colour of the tokens. */
export type ColourName = (typeof names)[number];
/** All of them, as canvases take them. */
export type Palette = Record<ColourName, string>;

function read(): Palette {
  // All of them first: between two of them the whole page would be styled anew.
  const probes = names.map((name) => {
    const probe = document.createElement("i");
    probe.style.color = `var(--${name})`;
    document.body.append(probe);
    return [name, probe] as const;
  });
  const found = probes.map(([name, probe]) => [name, getComputedStyle(probe).color]);
  for (const [, probe] of probes) probe.remove();
  return Object.fromEntries(found) as Palette;
}

// Read by the first who wants it.
const store = createStore<{ palette: Palette | undefined }>({ palette: undefined });
const again = (): void => store.set({ palette: undefined });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);

/** The colours of the theme as it is. */
export function usePalette(): Palette {
  const known = useStore(store, (value) => value.palette);
  if (known) return known;
  const palette = read();
  store.set({ palette });
  return palette;
}

/** What somebody may choose. */
export type Theme = "auto" | "light" | "dark";
const KEY = "mcpvisor.theme";

/** What was chosen. */
export function theme(): Theme {
  const stored = localStorage.getItem(KEY);
  return stored === "light" || stored === "dark" ? stored : "auto";
}

/** Chooses, and remembers it. */
export function setTheme(to: Theme): void {
  if (to === "auto") localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, to);
  applyTheme();
}

/** Puts what was chosen into force. */
export function applyTheme(): void {
  const chosen = theme();
  if (chosen === "auto") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = chosen;
  again();
}
