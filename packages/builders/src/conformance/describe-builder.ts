import { afterAll, beforeAll, describe } from "vitest";
import type { BuilderUnderTest, OpenBuilder } from "./builder-under-test.ts";
import { describeEnvironment } from "./environment.ts";
import { describeFailures } from "./failures.ts";
import { describeHomes } from "./homes.ts";
import { describeLayers } from "./layers.ts";
import { describeLife } from "./life.ts";

/** The suite that every builder passes. `open` makes one with a home of its own. */
export function describeBuilder(name: string, open: OpenBuilder): void {
  describe(`the ${name} builder`, { timeout: 180_000 }, () => {
    let opened: BuilderUnderTest | null = null;
    const under = () => {
      if (opened === null) throw new Error("the builder is not open");
      return opened;
    };
    beforeAll(async () => {
      opened = await open();
    }, 180_000);
    afterAll(() => opened?.dispose(), 60_000);
    describeLayers(under);
    describeFailures(under);
    describeEnvironment(under);
    describeLife(under);
    describeHomes(open);
  });
}
