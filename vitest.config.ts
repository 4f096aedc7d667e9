import { defineConfig } from "vitest/config";

const shared = { testTimeout: 90_000, hookTimeout: 90_000, pool: "forks" as const };

export default defineConfig({
  test: {
    pool: "forks",
    maxWorkers: 2,
    projects: [
      { test: { ...shared, name: "unit", include: ["{apps,packages}/*/src/**/*.test.ts", "tools/**/*.test.ts"] } },
      { test: { ...shared, name: "system", include: ["test/**/*.test.ts"] } },
    ],
  },
});
