import { parseCLI, startVitest, type TestModule } from "vitest/node";

/** `failed` also counts a file that cannot be loaded, a hook that throws and an error that no test caught. */
export type Counts = { passed: number; failed: number; skipped: number; ok: boolean };

/** Runs vitest once with these arguments of its command line, and counts. */
export async function runTests(args: string[]): Promise<Counts> {
  const { filter, options } = parseCLI(["vitest", "run", ...args]);
  const vitest = await startVitest(filter, options);
  const modules = vitest.state.getTestModules();
  const uncaught = vitest.state.getUnhandledErrors().length;
  await vitest.close();
  const counts = countTests(modules);
  const failed = counts.failed + uncaught;
  return { ...counts, failed, ok: failed === 0 && counts.passed > 0 && !process.exitCode };
}

function countTests(modules: TestModule[]): Omit<Counts, "ok"> {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const module of modules) {
    if (module.errors().length > 0) counts.failed += 1;
    for (const suite of module.children.allSuites()) if (suite.errors().length > 0) counts.failed += 1;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      // A test that never came to an end did not pass.
      counts[state === "pending" ? "failed" : state] += 1;
    }
  }
  return counts;
}
