import { expect, it } from "vitest";
import { makeStep } from "../testing/plan.ts";
import { build, planFor } from "./build.ts";
import type { OpenBuilder } from "./builder-under-test.ts";

/** The same tree, plan and base give the same digest, wherever they are built. */
export function describeHomes(open: OpenBuilder): void {
  it("makes the same image in another home", async () => {
    const digests = [];
    for (const number of [1, 2]) {
      const under = await open();
      try {
        const plan = planFor(under, {
          tools: { node: "24" },
          steps: [
            makeStep({
              name: "install",
              layer: "dependencies",
              inputs: ["package.json"],
              command: { argv: ["npm", "install", "--no-package-lock"] },
              caches: ["npm"],
              network: true,
            }),
            makeStep({
              command: {
                shell:
                  "node -e 'require(`fs`).writeFileSync(`out`, String(require(`is-number`)(5)))'; ln -s \"$PWD/out\" link",
              },
            }),
          ],
          contents: { dependencies: ["node_modules"], app: "all", support: [] },
          programs: ["node_modules/.bin"],
        });
        const manifest = JSON.stringify({ name: "shop", dependencies: { "is-number": "7.0.0" } });
        const outcome = await build(under, plan, { "package.json": manifest }, { app: `app${number}` });
        expect(await outcome.read("out")).toBe("true");
        digests.push(outcome.digest);
      } finally {
        await under.dispose();
      }
    }
    expect(digests[1]).toBe(digests[0]);
  });
}
