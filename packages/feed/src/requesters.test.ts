import { expect, it } from "vitest";
import { mergeRequesters } from "./requesters.ts";

const requester = (agent: string, perHour: number, lastAt: number) => ({ agent, network: "n", perHour, lastAt });

it("counts who comes to several routers as one", () => {
  const one = new Map([["w", [requester("curl", 10, 5), requester("node", 30, 1)]]]);
  const other = new Map([
    ["w", [requester("curl", 50, 2)]],
    ["v", [requester("bot", 1, 1)]],
  ]);
  expect(mergeRequesters([one, other, new Map()])).toEqual(
    new Map([
      ["w", [requester("curl", 60, 5), requester("node", 30, 1)]],
      ["v", [requester("bot", 1, 1)]],
    ]),
  );
});
