// How the dashboard is bundled: relative URLs, so that it works below any path; one stylesheet; no inline
// scripts or styles, so that a strict Content-Security-Policy holds; and nothing that names another host.
import { defineConfig } from "vite";
import { slimUplot } from "./slim_uplot";

export default defineConfig({
  base: "./",
  plugins: [slimUplot()],
  // Children as arguments are shorter than as a property.
  oxc: { jsx: { runtime: "classic", pragma: "h", pragmaFrag: "Fragment" }, jsxInject: `import { h, Fragment } from "preact"` },
  build: {
    target: "es2022",
    // All of these know light-dark(), which is twice as long when it is written out.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    outDir: "dist",
    assetsDir: "assets",
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    // Smaller by a hundredth than what Vite does by itself.
    minify: "terser",
    terserOptions: { module: true, compress: { passes: 3, unsafe_arrows: true, pure_getters: true, ecma: 2020 }, format: { comments: false } },
    // The size that counts is measured by the build script, after gzip.
    reportCompressedSize: false,
  },
});
