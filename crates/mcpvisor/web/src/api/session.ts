// Who this browser is: a secret of its own, kept in localStorage, which is bound to the port, and sent as a
// header. A link carries its one-time secret in the fragment, which is never sent by itself; it is exchanged here.
import { base } from "./client";

const KEY = "mcpvisor.secret";
const leave = new Set<() => void>();

/** This browser's secret, if it is signed in. */
export function secret(): string | null {
  return localStorage.getItem(KEY);
}

/** The secret is worth nothing any more. */
export function forget(): void {
  localStorage.removeItem(KEY);
  for (const each of leave) each();
}

/** Tells when this browser is signed out. */
export function onSignedOut(listener: () => void): void {
  leave.add(listener);
}

/** What came of a link: `none` was there, or it is used up, or nobody answers. */
export type SignIn = "none" | "done" | "refused" | "unreachable";

/** Exchanges the secret of a link in the fragment. */
export async function signIn(): Promise<SignIn> {
  const once = new URLSearchParams(location.hash.slice(1)).get("sign-in");
  if (!once) return "none";
  // Out of the address bar and the history before anything else.
  history.replaceState(null, "", location.pathname + location.search);
  dispatchEvent(new HashChangeEvent("hashchange"));
  try {
    const answer = await fetch(new URL("api/sign-in", base), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ secret: once }),
    });
    if (!answer.ok) return answer.status >= 500 ? "unreachable" : "refused";
    const made = (await answer.json()) as { secret: string };
    localStorage.setItem(KEY, made.secret);
    return "done";
  } catch {
    return "unreachable";
  }
}
