import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeStore } from "../conformance/suite.ts";
import { openSqliteStore } from "./open.ts";

describeStore("the SQLite store", async (deps) => {
  const folder = await mkdtemp(join(tmpdir(), "berth-store-"));
  const open = () => openSqliteStore({ file: join(folder, "berth.db"), ...deps });
  const subject = {
    store: await open(),
    async reopen() {
      await subject.store.close();
      subject.store = await open();
    },
    async dispose() {
      await subject.store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return subject;
});
