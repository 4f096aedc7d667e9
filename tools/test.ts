// Everything that must hold: types, lint, arrows, format, then every test. `--quick` leaves out the whole-system
// scenarios of test/; other arguments go to vitest. A few files that fail run once more, alone. The last line is `N passed, N failed, N skipped`, for machines.
import { runChecks } from "./testing/checks.ts";
import { runTests } from "./testing/tests.ts";

const args = process.argv.slice(2);
const quick = args.includes("--quick");

console.log("── types, lint, arrows, format");
const checksHold = await runChecks();
console.log(`\n── tests${quick ? ", without the whole-system scenarios" : ""}`);
const counts = await runTests([...args.filter((arg) => arg !== "--quick"), ...(quick ? ["--project=unit"] : [])]);

if (!checksHold) console.log("types, lint, arrows or format failed: see above, before the tests");
if (counts.unsteady.length > 0) console.log(`failed among the others, passed alone: ${counts.unsteady.join(", ")}`);
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exit(checksHold && counts.ok ? 0 : 1);
