import { defineConfig } from "vitest/config";

const shared = { testTimeout: 90_000, hookTimeout: 90_000, pool: "forks" as const };

export default defineConfig({
  test: {
    pool: "forks",
    maxWorkers: 2,
    projects: [
      { test: { ...shared, name: "unit", include: ["{apps,packages}/*/src/**/*.test.ts", "tools/**/*.test.ts"] } },
      { test: { ...shared, name: "system", include: ["test/**/*.test.ts"], exclude: ["test/alone/**"] } },
      // What takes from all others something that they need, after them.
      { test: { ...shared, name: "alone", include: ["test/alone/**/*.test.ts"], sequence: { groupOrder: 1 } } },
    ],
  },
});
