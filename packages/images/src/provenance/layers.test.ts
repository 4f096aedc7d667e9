import { expect, it } from "vitest";
import type { ImageDescription } from "../describe.ts";
import { foreignAnnotation } from "../manifest.ts";
import { describeLayers } from "./layers.ts";

const digest = (digit: string): `sha256:${string}` => `sha256:${digit.repeat(64)}`;

function holds(annotations: Record<string, string>): string[] {
  const layers = ["1", "2", "3"].map((digit) => ({ digest: digest(digit), sizeBytes: 1 }));
  return describeLayers({ annotations, layers } as unknown as ImageDescription, null).map((layer) => layer.holds);
}

it("knows the layers of an image of ours from below, and those of a Dockerfile's only as such", () => {
  expect(holds({ "dev.berth.base.layers": "1" })).toEqual(["base", "dependencies", "app"]);
  expect(holds({ [foreignAnnotation]: "true" })).toEqual(["dockerfile", "dockerfile", "dockerfile"]);
});
