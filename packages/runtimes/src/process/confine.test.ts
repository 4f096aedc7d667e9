import { describe, expect, it } from "vitest";
import { makeWrapper } from "./confine.ts";

const status = (capabilities: string) => `Name:\tnode\nCapPrm:\tffffffffffffffff\nCapEff:\t${capabilities}\n`;

describe("makeWrapper", () => {
  it("takes the capabilities of root away", () => {
    expect(makeWrapper(status("000001fffeffffff"))).toContain("--bounding-set=-all");
  });

  it("does nothing for a user whom mode bits bind anyway", () => {
    expect(makeWrapper(status("0000000000000000"))).toEqual([]);
    expect(makeWrapper("")).toEqual([]);
  });

  it("does nothing where capabilities cannot be given up", () => {
    expect(makeWrapper(status("0000000000000002"))).toEqual([]);
  });
});
