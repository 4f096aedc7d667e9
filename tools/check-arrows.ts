// Fails when an import goes against the arrows of the design: `node tools/check-arrows.ts [root]`.
import { checkArrows } from "./arrows/check.ts";
import { checkLockfile } from "./arrows/lockfile.ts";

const root = process.argv[2] ?? new URL("..", import.meta.url).pathname;
const violations = [...checkArrows(root), ...checkLockfile(root)];
for (const { file, line, what, rule } of violations) console.error(`${file}:${line}: ${what}\n  rule: ${rule}`);
if (violations.length > 0) {
  console.error(`\n${violations.length} against the arrows`);
  process.exitCode = 1;
}
