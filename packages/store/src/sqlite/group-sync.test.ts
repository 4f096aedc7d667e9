import { expect, test } from "vitest";
import { makeGroupSync } from "./group-sync.ts";

function givenSync() {
  const begun: PromiseWithResolvers<void>[] = [];
  const done: string[] = [];
  const sync = makeGroupSync(() => {
    begun.push(Promise.withResolvers<void>());
    return begun.at(-1)!.promise;
  });
  const ask = (name: string) =>
    sync().then(
      () => done.push(name),
      (error: Error) => done.push(`${name}: ${error.message}`),
    );
  return { begun, done, ask };
}

test("those that ask during a sync share the next one", async () => {
  const { begun, done, ask } = givenSync();
  const asked = [ask("a"), ask("b"), ask("c")];
  expect(begun.length).toBe(1);
  begun[0]!.resolve();
  await asked[0];
  expect(done).toEqual(["a"]);
  await expect.poll(() => begun.length).toBe(2);
  asked.push(ask("d"));
  begun[1]!.resolve();
  await asked[2];
  expect(done).toEqual(["a", "b", "c"]);
  await expect.poll(() => begun.length).toBe(3);
  begun[2]!.resolve();
  await Promise.all(asked);
  expect(done).toEqual(["a", "b", "c", "d"]);
});

test("a sync that fails fails those it was for, and the next one is made", async () => {
  const { begun, done, ask } = givenSync();
  const asked = [ask("a"), ask("b")];
  begun[0]!.reject(new Error("gone"));
  await expect.poll(() => begun.length).toBe(2);
  begun[1]!.resolve();
  await Promise.all(asked);
  expect(done).toEqual(["a: gone", "b"]);
  const last = ask("c");
  begun[2]!.resolve();
  await last;
  expect(done.at(-1)).toBe("c");
});
