import { expect, it } from "vitest";
import { imageRepository, networkName } from "./names.ts";

it("names what an installation has on an engine by what its label says", () => {
  expect(networkName("56796a1d6b90", { app: "shop", environment: "production" })).toBe(
    "berth-56796a1d6b90-shop-production",
  );
  expect(imageRepository("56796a1d6b90", "shop")).toBe("berth-56796a1d6b90/shop");
});
