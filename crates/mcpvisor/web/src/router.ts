// Where the page is, in the fragment: `#/server/memory-1f2e?range=6h`. The daemon serves one page only, and below a
// prefix nothing has to know that prefix.
import { createStore, useStore } from "./store/store";

/** A place: its parts, decoded, and its parameters. */
export type Route = { parts: string[]; query: URLSearchParams; hash: string };

function parse(): Route {
  const hash = location.hash.replace(/^#\/?/, "");
  const [path = "", query = ""] = hash.split("?", 2);
  const parts = path.split("/").filter(Boolean).map((part) => {
    try {
      return decodeURIComponent(part);
    } catch {
      return part;
    }
  });
  return { parts, query: new URLSearchParams(query), hash };
}

const route = createStore({ route: parse() });
addEventListener("hashchange", () => route.set({ route: parse() }));

/** The place, told when it changes. */
export function useRoute(): Route {
  return useStore(route, (value) => value.route);
}

/** The fragment of a place, for links. */
export function link(...parts: string[]): string {
  return `#/${parts.map(encodeURIComponent).join("/")}`;
}

/** Goes there. */
export function go(...parts: string[]): void {
  location.hash = link(...parts);
}

/** Changes parameters of the place without a step in the browser's history. */
export function setQuery(change: Record<string, string | undefined>): void {
  const now = parse();
  for (const [name, value] of Object.entries(change)) {
    if (value === undefined) now.query.delete(name);
    else now.query.set(name, value);
  }
  const query = now.query.toString();
  history.replaceState(null, "", `${link(...now.parts)}${query ? `?${query}` : ""}`);
  route.set({ route: parse() });
}
