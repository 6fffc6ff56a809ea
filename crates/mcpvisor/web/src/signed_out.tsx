// What a browser sees that nobody has signed in: how to get a link.
import type { SignIn } from "./api/session";

const reasons: Record<SignIn, string> = {
  none: "This browser is not signed in.",
  done: "This browser has been signed out.",
  refused: "This link has been used, is older than ten minutes, or is of an earlier start of the daemon.",
  unreachable: "The daemon did not answer, so this link could not be used. Open it once more when the daemon runs.",
};

export function SignedOut({ came }: { came: SignIn }) {
  return (
    <main class="welcome panel">
      <h1>mcpvisor</h1>
      <p>{reasons[came]}</p>
      <p>On the machine where the daemon runs, as the user who started it:</p>
      <pre><code>mcpvisor status --link</code></pre>
      <p>It prints a link. Open it in this browser within ten minutes; it works once. The browser then stays signed in
        until it has not been used for 30 days.</p>
      <p class="muted">Everything this page shows comes from that daemon. Nothing is sent anywhere else.</p>
    </main>
  );
}
