// Notes everything that a page must never do, whatever the scenario: ask another host, break its policy, fail, or
// open a dialog of the browser's own.

// The daemon is stopped on purpose and servers end, so an answer that does not come or says 404 is no fault here.
const EXPECTED = /^Failed to load resource/;

/** Listens to a page; `harms` of the answer grows. */
export async function watchForHarm(page, origin) {
  const harms = [];
  const asked = new Set();
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol === "data:" || url.protocol === "blob:") return;
    asked.add(url.origin);
    if (url.origin !== origin) harms.push(`asked another host: ${request.url()}`);
  });
  page.on("websocket", (socket) => harms.push(`opened a socket: ${socket.url()}`));
  page.on("pageerror", (error) => harms.push(`failed: ${error.stack ?? error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error" && !EXPECTED.test(message.text())) harms.push(`complained: ${message.text()}`);
  });
  page.on("dialog", (dialog) => {
    harms.push(`opened a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) => {
      console.error(`policy broken: ${event.violatedDirective} by ${event.blockedURI} at ${event.sourceFile}:${event.lineNumber}`);
    });
  });
  return { harms, asked };
}
