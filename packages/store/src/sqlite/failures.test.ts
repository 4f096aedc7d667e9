import { BerthError } from "@berth/core";
import { expect, test } from "vitest";
import { explainFailure } from "./failures.ts";

const thrown = (code: string) => Object.assign(new Error("as the system says it"), { code });

test.each([
  ["SQLITE_FULL", "disk.full", "full"],
  ["ENOSPC", "disk.full", "full"],
  ["SQLITE_BUSY", "store.failed", "Another Berth server"],
  ["SQLITE_READONLY_DIRECTORY", "store.failed", "cannot be written"],
  ["SQLITE_CANTOPEN", "store.failed", "cannot be written"],
  ["EACCES", "store.failed", "cannot be written"],
  ["EROFS", "store.failed", "cannot be written"],
  ["SQLITE_NOTADB", "store.failed", "damaged"],
  ["SQLITE_CORRUPT_INDEX", "store.failed", "damaged"],
  ["SQLITE_IOERR_WRITE", "store.failed", "The disk failed"],
  ["SQLITE_CONSTRAINT_UNIQUE", "store.failed", "SQLITE_CONSTRAINT_UNIQUE"],
])("%s is told as %s with the file and what to do", (systemCode, code, says) => {
  const cause = thrown(systemCode);
  const explained = explainFailure(cause, "/berth.db");
  expect(explained).toMatchObject({ code, path: "/berth.db", hint: expect.stringMatching(/\w+\.$/), cause });
  expect((explained as BerthError).message).toContain(says);
});

test("what is explained already, or is not of the database, passes as it is", () => {
  for (const passes of [new BerthError("conflict", "No."), new Error("plain"), thrown("ERR_OTHER"), "text", null]) {
    expect(explainFailure(passes, "/berth.db")).toBe(passes);
  }
});
