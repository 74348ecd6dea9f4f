import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const gateway = "http://127.0.0.1:8080";
const proxy = { "/api": gateway, "/v1": { target: gateway, ws: true } };

export default defineConfig({
  plugins: [react()],
  resolve: { tsconfigPaths: true },
  server: { proxy },
  preview: { proxy },
  // No source maps: dist is embedded in the gateway binary, where they would only add weight.
  // No inlined assets: the gateway's policy is the stricter for it, and every file gets a hashed name.
  build: { outDir: "dist", sourcemap: false, assetsInlineLimit: 0 },
  test: {
    environment: "jsdom",
    setupFiles: ["src/testing/setup.ts"],
    // Not UTC, so that a month or a day taken in the browser's zone shows.
    env: { TZ: "America/New_York" },
    // Stylesheets are empty in tests unless named: kit.test.ts reads this one.
    css: { include: [/kit\.css/] },
    // Typing into a form takes a second in jsdom, and several on a machine that is compiling beside it.
    testTimeout: 30_000,
  },
});
