import { expect, test } from "vitest";
import { makeCommand } from "./command.ts";

const set = new Set(["PORT", "SECRET"]);
const imageEnv = { GEM_HOME: "/gems$", PORT: "1" };

test.each([
  [{ argv: [] }, {}],
  [{ argv: ["node", "a.js"] }, { command: ["node", "a.js"] }],
  [{ argv: ["run", "$PORT-${SECRET}"] }, { command: ["run", "$(PORT)-$(SECRET)"] }],
  [{ argv: ["run", "$GEM_HOME/bin", "a$NOWHERE"] }, { command: ["run", "/gems$$/bin", "a"] }],
  [{ argv: ["run", "$1 $(PORT) 5$"] }, { command: ["run", "$$1 $$(PORT) 5$$"] }],
  [{ shell: "echo $(PORT) $PORT $$" }, { command: ["sh", "-c", "echo $$(PORT) $$PORT $$$$"] }],
])("%j becomes %j", (command, made) => {
  expect(makeCommand(command, set, imageEnv)).toEqual(made);
});
