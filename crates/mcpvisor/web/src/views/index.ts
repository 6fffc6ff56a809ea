// The list of views. A view is one file here, named as in its row, whose default export is a component. A row whose
// file is missing says so, so views can be added one by one. All are in one bundle: apart they would be larger, since
// each would be compressed without knowing the others.
import type { ComponentType } from "preact";
import type { Live } from "../store/live";
import type { Hue } from "../kit/ui";

/** A number beside a view's name. */
export type Count = { value: number; hue: Hue };

/** A view. */
export type View = {
  /** Its place, `#/findings`, and its file, `findings.tsx`; the overview is at the beginning. */
  path: string;
  file: string;
  title: string;
  /** Path of a 16 by 16 drawing. */
  icon: string;
  /** Absent in the navigation: reached by links. */
  hidden?: boolean;
  count?(live: Live): Count | undefined;
};

const firing = (live: Live): Count | undefined => {
  const all = live.alerts?.filter(({ state }) => state === "firing").length ?? 0;
  return all > 0 ? { value: all, hue: "red" } : undefined;
};
const found = (live: Live): Count | undefined => {
  const all = live.findings?.filter(({ severity }) => severity !== "info").length ?? 0;
  return all > 0 ? { value: all, hue: "grey" } : undefined;
};

export const views: readonly View[] = [
  { path: "", file: "overview", title: "Overview", icon: "M2 8.5 8 3l6 5.5M4 7.5V13h8V7.5" },
  { path: "findings", file: "findings", title: "Findings", icon: "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9ZM10.5 10.5 14 14", count: found },
  { path: "alerts", file: "alerts", title: "Alerts", icon: "M4 11V7a4 4 0 0 1 8 0v4l1.5 1.5h-11ZM7 14h2", count: firing },
  { path: "owners", file: "owners", title: "Owners", icon: "M8 7.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM3 14c0-3 2-4.5 5-4.5s5 1.5 5 4.5" },
  { path: "heat", file: "heat", title: "Heat map", icon: "M2.5 2.5h4v4h-4ZM9.5 2.5h4v4h-4ZM2.5 9.5h4v4h-4ZM9.5 9.5h4v4h-4Z" },
  { path: "containers", file: "containers", title: "Containers and limits", icon: "m8 2 6 3v6l-6 3-6-3V5ZM2 5l6 3 6-3M8 8v6" },
  { path: "system", file: "system", title: "System", icon: "M3.5 3.5h9v9h-9ZM6.5 6.5h3v3h-3ZM6 1.5v2M10 1.5v2M6 12.5v2M10 12.5v2M1.5 6h2M1.5 10h2M12.5 6h2M12.5 10h2" },
  { path: "server", file: "server", title: "Server", icon: "", hidden: true },
];

const files = import.meta.glob<{ default: ComponentType }>("./*.tsx", { eager: true });

/** The component of a view; undefined if its file is missing. */
export function componentOf(view: View): ComponentType | undefined {
  return files[`./${view.file}.tsx`]?.default;
}
