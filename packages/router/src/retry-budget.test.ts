import { expect, it } from "vitest";
import { RetryBudget } from "./retry-budget.ts";

function retries(budget: RetryBudget, now: number): number {
  let count = 0;
  while (budget.withdraw(now)) count++;
  return count;
}

it("lets a fifth of the requests be sent again, and ten a second in any case", () => {
  const budget = new RetryBudget(0);
  expect(retries(budget, 0)).toBe(10);
  expect(retries(budget, 0)).toBe(0);
  for (let request = 0; request < 50; request++) budget.deposit();
  expect(retries(budget, 0)).toBe(10);
  expect(retries(budget, 500)).toBe(5);
  expect(retries(budget, 100_000)).toBe(10);
});

it("saves up for a while, and not without end", () => {
  const budget = new RetryBudget(0);
  for (let request = 0; request < 10_000; request++) budget.deposit();
  expect(retries(budget, 0)).toBe(100);
});
