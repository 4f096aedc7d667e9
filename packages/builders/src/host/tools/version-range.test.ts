import { expect, it } from "vitest";
import { fitsVersion } from "./version-range.ts";

it.each([
  ["3.11.7", "3.11", "same", true],
  ["3.12.1", "3.11", "same", false],
  ["3.11.7", ">=3.10,<4", "same", true],
  ["3.11.7", ">=3.10, !=3.11.*, <4", "same", false],
  ["3.11.7", "==3.11.*", "same", true],
  ["3.13.0", "~=3.10", "same", true],
  ["4.0.0", "~=3.10", "same", false],
  ["3.11.9", "~=3.11.2", "same", true],
  ["3.12.0", "~=3.11.2", "same", false],
  ["8.3.1", "^8.2", "same", true],
  ["7.4.0", "^7.3|^8.0".replace("|", "||"), "same", true],
  ["3.2.2", "~> 3.2", "same", true],
  ["1.26.8", "1.22", "newer", true],
  ["1.21.0", "1.22", "newer", false],
  ["17.0.15", "17", "same", true],
  ["25.0.1", "17", "same", false],
  ["2.7.1", "whatever", "same", true],
] as const)("%s for %s (%s): %s", (version, wanted, fit, expected) => {
  expect(fitsVersion(version, wanted, fit)).toBe(expected);
});
