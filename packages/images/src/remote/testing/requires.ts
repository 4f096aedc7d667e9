import { describe } from "vitest";

/** Tests that need a part of the machine. Where it is missing they are skipped with the reason in sight; in CI, where every part has to be there, that is an error. */
export function describeWith(part: string, available: boolean, reason: string, suite: () => void): void {
  if (available) {
    describe(`with ${part}`, suite);
    return;
  }
  if (process.env["CI"] === "true") throw new Error(`${part} is missing in CI: ${reason}`);
  console.warn(`skipped, ${part} is missing: ${reason}`);
  // oxlint-disable-next-line vitest/no-disabled-tests -- the reason is in the title
  describe.skip(`with ${part} (missing: ${reason})`, suite);
}
