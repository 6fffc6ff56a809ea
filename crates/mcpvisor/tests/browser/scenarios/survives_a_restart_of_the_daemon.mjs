// Without the daemon the page says that what it shows is old; with the next one it goes on, still signed in.
import { live } from "../kit/session.mjs";
import { rowOf, search } from "../kit/places.mjs";

export default async function ({ page, stage, signIn, cue }) {
  await signIn();
  await live(page);
  await search(page, stage.server);
  await rowOf(page, stage.server).waitFor();

  await cue("end the daemon");
  await page.getByText("Daemon gone").last().waitFor();
  await page.getByRole("alert").getByText("the daemon does not answer").waitFor();
  // What was known stays in sight.
  await rowOf(page, stage.server).waitFor();

  await cue("start the daemon");
  await live(page);
  await page.getByText("the daemon does not answer").waitFor({ state: "detached" });
  await rowOf(page, stage.server).waitFor();
  // And it is told news again.
  const age = page.getByRole("banner").getByText(/, [0-3] s old/);
  await age.waitFor();
}
