import { type CliOptions, parseCLI, startVitest, type TestModule } from "vitest/node";

/** `failed` also counts a file that cannot be loaded, a hook that throws and an error that no test caught. */
export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
  ok: boolean;
  /** Files that failed among the others and passed alone. */
  unsteady: string[];
}

/** What came of one run: files by their path in the project, and what counts for none of them. */
interface Run {
  files: Map<string, FileCounts>;
  uncaught: number;
}

type FileCounts = Pick<Counts, "passed" | "failed" | "skipped">;

/** More than that have not failed by chance. */
const maxRepeated = 5;

/**
 * Runs vitest with these arguments of its command line, and counts. The few files in which something failed run once more, alone: what fails then has
 * failed, and what passes is named, for a test that depends on how busy the machine is wants mending too.
 */
export async function runTests(args: string[]): Promise<Counts> {
  const { filter, options } = parseCLI(["vitest", "run", ...args]);
  const all = await run(filter, options);
  const failed = [...all.files].filter(([, counts]) => counts.failed > 0).map(([file]) => file);
  const unsteady: string[] = [];
  if (all.uncaught === 0 && failed.length > 0 && failed.length <= maxRepeated) {
    console.log(`\n── once more, alone: ${failed.join(", ")}`);
    process.exitCode = 0;
    for (const file of failed) {
      const again = await run([file], { ...options, maxWorkers: 1 });
      const counts = again.files.get(file);
      if (counts === undefined) continue;
      all.files.set(file, counts);
      all.uncaught += again.uncaught;
      if (counts.failed === 0) unsteady.push(file);
    }
  }
  return { ...total(all), unsteady };
}

async function run(filter: string[], options: CliOptions): Promise<Run> {
  const vitest = await startVitest(filter, options);
  const files = new Map(vitest.state.getTestModules().map((module) => [module.relativeModuleId, countTests(module)]));
  const uncaught = vitest.state.getUnhandledErrors().length;
  await vitest.close();
  return { files, uncaught };
}

function total({ files, uncaught }: Run): Omit<Counts, "unsteady"> {
  const sum = (of: keyof FileCounts) => [...files.values()].reduce((until, counts) => until + counts[of], 0);
  const [passed, failed, skipped] = [sum("passed"), sum("failed") + uncaught, sum("skipped")];
  return { passed, failed, skipped, ok: failed === 0 && passed > 0 && !process.exitCode };
}

function countTests(module: TestModule): FileCounts {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  if (module.errors().length > 0) counts.failed += 1;
  for (const suite of module.children.allSuites()) if (suite.errors().length > 0) counts.failed += 1;
  for (const test of module.children.allTests()) {
    const { state } = test.result();
    // A test that never came to an end did not pass.
    counts[state === "pending" ? "failed" : state] += 1;
  }
  return counts;
}
