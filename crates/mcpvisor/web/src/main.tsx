// The beginning: exchanges a link's secret, then shows the view that the address names.
import { render } from "preact";
import { useEffect } from "preact/hooks";
import "./styles/main.css";
import { secret, signIn, type SignIn } from "./api/session";
import { Frame } from "./kit/layout";
import { applyTheme } from "./kit/palette";
import { scroller } from "./kit/window";
import { Empty } from "./kit/ui";
import { useRoute } from "./router";
import { begin, live } from "./store/live";
import { useStore } from "./store/store";
import { SignedOut } from "./signed_out";
import { componentOf, views } from "./views/index";

function App({ came }: { came: SignIn }) {
  const signedIn = useStore(live, (value) => value.signedIn);
  if (!signedIn) return <SignedOut came={came} />;
  return <Frame><Place /></Frame>;
}

/** The view of the address. */
function Place() {
  const route = useRoute();
  const path = route.parts[0] ?? "";
  const view = views.find((each) => each.path === path);
  useEffect(() => {
    document.title = view && view.path !== "" ? `${view.title} · mcpvisor` : "mcpvisor";
    scroller()?.scrollTo(0, 0);
  }, [path]);
  if (!view) return <Empty title="There is no such page"><p><a href="#/">Back to the overview</a></p></Empty>;
  const Shown = componentOf(view);
  if (!Shown) return <Empty title={view.title}><p>This view is not in this version.</p></Empty>;
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

// A link that is opened in a window which shows the page already changes the fragment only.
addEventListener("hashchange", () => {
  if (location.hash.startsWith("#sign-in=")) location.reload();
});
void start();
