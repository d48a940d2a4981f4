import { defineConfig } from "vite";

/** Relative addresses, so that the pages work below any proxy's prefix. */
export default defineConfig({
  base: "./",
  build: {
    outDir: process.env.PENSTOCK_UI_OUT ?? "../penstock_dispatcher/web",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: true,
  },
  server: { proxy: { "^/(penstock|jobs|jars|config|overview|taskmanagers)": "http://127.0.0.1:8081" } },
});
