// The frame around all views: navigation, connection, theme, and a mark on data that is old.
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import icon from "../icon.svg";
import { clockTime, utc } from "../format/time";
import { duration } from "../format/units";
import { go, useRoute } from "../router";
import { useNow } from "../store/clock";
import { live, type Live } from "../store/live";
import { useStore } from "../store/store";
import { views } from "../views/index";
import { Dialogs } from "./dialog";
import { KeyHelp, useKeys } from "./keyboard";
import { setTheme, theme, type Theme } from "./palette";
import { Toasts } from "./toasts";
import { Segments } from "./ui";

export function Frame({ children }: { children: ComponentChildren }) {
  const route = useRoute();
  const [isOpen, setOpen] = useState(false);
  useEffect(() => setOpen(false), [route.hash]);
  const shown = views.filter(({ hidden }) => !hidden);
  useKeys(shown.map((view, place) => ({ key: String(place + 1), help: view.title, run: () => go(view.path) })));
  return (
    <div class="frame">
      <a class="skip" href="#main" onClick={(event) => { event.preventDefault(); document.getElementById("main")?.focus(); }}>Skip the navigation</a>
      <header class={`nav ${isOpen ? "open" : ""}`}>
        <a class="brand" href="#/"><img src={icon} alt="" width="22" height="22" />mcpvisor</a>
        <span class="menu"><Link brief /></span>
        <button class="button icon menu" aria-expanded={isOpen} aria-label="Navigation" onClick={() => setOpen(!isOpen)}>☰</button>
        <nav aria-label="Views">{shown.map((view) => <NavLink key={view.path} view={view} isHere={(route.parts[0] ?? "") === view.path} />)}</nav>
        <div class="nav-foot"><Link /><ThemeSwitch /></div>
      </header>
      <main class="main" id="main" tabIndex={-1}>
        <div class="page"><Stale />{children}</div>
      </main>
      <Toasts />
      <Dialogs />
      <KeyHelp />
    </div>
  );
}

function NavLink({ view, isHere }: { view: (typeof views)[number]; isHere: boolean }) {
  // A string, so that it is compared by what it says.
  const text = useStore(live, (value) => {
    const count = view.count?.(value);
    return count ? `${count.value} ${count.hue}` : "";
  });
  const [count, hue] = text.split(" ");
  return (
    <a class="nav-link" href={`#/${view.path}`} aria-current={isHere ? "page" : undefined}>
      <svg viewBox="0 0 16 16" aria-hidden="true"><path d={view.icon} /></svg>
      <span class="cut">{view.title}</span>
      {text && <span class={`nav-count ${hue === "red" ? "bad" : ""}`}>{count}</span>}
    </a>
  );
}

/** How the connection is. */
function Link({ brief }: { brief?: boolean }) {
  const stream = useStore(live, (value) => value.stream);
  const taken = useStore(live, (value) => value.snapshot?.taken_at);
  const age = useNow((now) => taken ? Math.max(0, Math.round((now - Date.parse(taken)) / 1000)) : undefined);
  const left = useNow(() => stream.phase === "waiting" ? Math.max(0, Math.ceil((stream.retryAt - Date.now()) / 1000)) : 0);
  if (stream.phase === "open") {
    return <div class="link-state"><span class="dot green" />{brief ? "Live" : <span>Live{age !== undefined && <span class="muted">, {age} s old</span>}</span>}</div>;
  }
  if (stream.phase === "connecting") return <div class="link-state"><span class="dot yellow pulse" />Connecting …</div>;
  return (
    <div class="link-state" title={stream.problem.message}>
      <span class="dot red" /><span>{stream.problem.status === 0 ? "Daemon gone" : `Refused (${stream.problem.status})`}{!brief && <span class="muted">, next try in {left} s</span>}</span>
    </div>
  );
}

/** How old the data is, in seconds, if it is older than it should be. */
export function staleAge(state: Live, now: number): number | undefined {
  if (!state.snapshot) return undefined;
  const age = (now - Date.parse(state.snapshot.taken_at)) / 1000;
  const allowed = Math.max(10, 3 * (state.status?.interval_seconds ?? 5));
  return age > allowed || (state.stream.phase === "waiting" && age > 3) ? age : undefined;
}

function Stale() {
  const state = useStore(live, (value) => value);
  const age = useNow((now) => staleAge(state, now));
  if (age === undefined || !state.snapshot) return null;
  const at = Date.parse(state.snapshot.taken_at);
  const why = state.stream.phase === "open" ? "the daemon has not looked since" : "the daemon does not answer; this page goes on when it is back";
  return (
    <div class="stale" role="alert">
      <span title={utc(at)}>Data of {clockTime(at)}, {duration(Math.round(age)).text} old</span>
      <span>{why}</span>
    </div>
  );
}

function ThemeSwitch() {
  const [chosen, choose] = useState<Theme>(theme());
  const choices = [["auto", "Auto"], ["light", "Light"], ["dark", "Dark"]] as const;
  return <Segments label="Theme" value={chosen} choices={choices} choose={(to) => { setTheme(to); choose(to); }} />;
}
