import { expect, it } from "vitest";
import { ownAddresses, sourceAddressFor } from "./own-addresses.ts";

it("this machine reaches itself from the address that is asked for", async () => {
  expect(ownAddresses()).toContain("127.0.0.1");
  expect(await sourceAddressFor("127.0.0.1")).toBe("127.0.0.1");
});
