// The beginning: exchanges a link's secret, then shows the view that the address names.
import { render, type ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import "./styles/main.css";
import { Problem } from "./api/client";
import { secret, signIn, type SignIn } from "./api/session";
import { Frame } from "./kit/layout";
import { applyTheme } from "./kit/palette";
import { scroller } from "./kit/window";
import { Empty, Failed, Loading } from "./kit/ui";
import { useRoute } from "./router";
import { begin, live } from "./store/live";
import { useStore } from "./store/store";
import { SignedOut } from "./signed_out";
import { loaderOf, views } from "./views/index";

function App({ came }: { came: SignIn }) {
  const signedIn = useStore(live, (value) => value.signedIn);
  if (!signedIn) return <SignedOut came={came} />;
  return <Frame><Place /></Frame>;
}

type Loaded = { path: string; component?: ComponentType; problem?: Problem };

/** The view of the address. */
function Place() {
  const route = useRoute();
  const path = route.parts[0] ?? "";
  const view = views.find((each) => each.path === path);
  const [loaded, setLoaded] = useState<Loaded>();
  const [round, setRound] = useState(0);
  useEffect(() => {
    document.title = view && view.path !== "" ? `${view.title} · mcpvisor` : "mcpvisor";
    scroller()?.scrollTo(0, 0);
    const load = view && loaderOf(view);
    load?.().then(
      (module) => setLoaded({ path, component: module.default }),
      () => setLoaded({ path, problem: new Problem(0, "the files of this page are not there any more; the daemon was updated: reload the page") }),
    );
  }, [path, round]);
  if (!view) return <Empty title="There is no such page"><p><a href="#/">Back to the overview</a></p></Empty>;
  if (!loaderOf(view)) return <Empty title={view.title}><p>This view is not in this version.</p></Empty>;
  if (loaded?.path !== path) return <Loading />;
  if (loaded.problem || !loaded.component) return <Failed problem={loaded.problem ?? new Problem(0, "")} again={() => setRound(round + 1)} />;
  const Shown = loaded.component;
  // Another server is another page: nothing of the one before stays.
  return <Shown key={route.parts.join("/")} />;
}

async function start(): Promise<void> {
  applyTheme();
  const came = await signIn();
  live.set({ signedIn: secret() !== null });
  begin();
  const root = document.getElementById("app");
  if (root) render(<App came={came} />, root);
}

void start();
