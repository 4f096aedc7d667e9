import { expect, it } from "vitest";
import { type FailedAttempt, maySendAgain } from "./retry.ts";

const unsent: FailedAttempt = {
  attempts: 1,
  method: "POST",
  wasSent: false,
  wasHeard: false,
  hasBodyTaken: false,
  isLate: false,
};
const sent: FailedAttempt = { ...unsent, method: "GET", wasSent: true };

it("sends what never was sent to up to three instances, whatever its method", () => {
  expect([1, 2, 3].map((attempts) => maySendAgain({ ...unsent, attempts }))).toEqual([true, true, false]);
});

it("sends what was sent once more if its method may be repeated and nothing was heard", () => {
  expect(["GET", "PUT", "DELETE", "POST", "PATCH"].map((method) => maySendAgain({ ...sent, method }))).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]);
  expect(maySendAgain({ ...sent, attempts: 2 })).toBe(false);
  expect(maySendAgain({ ...sent, wasHeard: true })).toBe(false);
});

it("sends nothing twice whose body was begun to be read, nor what took too long", () => {
  expect(maySendAgain({ ...unsent, hasBodyTaken: true })).toBe(false);
  expect(maySendAgain({ ...sent, isLate: true })).toBe(false);
});
