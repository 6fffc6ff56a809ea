// A reverse proxy as people write it in four lines: it takes a prefix off and hands the rest on, bodies and streams
// as they come.
import { createServer, request } from "node:http";

/** Listens at `port`; what does not begin with `prefix` is not found. */
export function proxy(port, prefix, target) {
  const { hostname, port: targetPort } = new URL(target);
  const server = createServer((asked, answer) => {
    if (!asked.url.startsWith(`${prefix}/`)) {
      answer.writeHead(404).end();
      return;
    }
    const path = asked.url.slice(prefix.length);
    const passed = request({ hostname, port: targetPort, path, method: asked.method, headers: asked.headers }, (got) => {
      answer.writeHead(got.statusCode, got.headers);
      answer.flushHeaders();
      got.pipe(answer);
    });
    passed.on("error", () => answer.destroy());
    answer.on("close", () => passed.destroy());
    asked.pipe(passed);
  });
  return new Promise((ready) => server.listen(port, "127.0.0.1", () => ready(server)));
}
