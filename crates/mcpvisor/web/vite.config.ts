// How the dashboard is bundled: relative URLs, so that it works below any path; one stylesheet; no inline
// scripts or styles, so that a strict Content-Security-Policy holds; and nothing that names another host.
import { defineConfig } from "vite";
import { slimUplot } from "./slim_uplot";

export default defineConfig({
  base: "./",
  plugins: [slimUplot()],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    target: "es2022",
    outDir: "dist",
    assetsDir: "assets",
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    // The size that counts is measured by the build script, after gzip.
    reportCompressedSize: false,
  },
});
