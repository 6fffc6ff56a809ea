// Signing in, and the state of the connection as the page tells it.
import { stage } from "./stage.mjs";

/** Opens the link of this stage and waits for the first look. */
export async function signIn(page, link = stage.link) {
  await page.goto(link);
  await page.getByRole("table", { name: "Servers" }).or(page.getByText("No MCP servers found")).first().waitFor();
}

/** Waits until the page says that it is live. */
export const live = (page) => page.getByRole("banner").getByText(/^Live/).last().waitFor();
