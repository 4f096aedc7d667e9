import { linkSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

const beatMs = 2_000;
const staleMs = 30_000;

/** Runs `work` while no other process holds `lockFile`; one that died leaves no lock behind that counts. */
export async function withLock(lockFile, work) {
  const mine = JSON.stringify({ pid: process.pid, host: hostname() });
  let told = false;
  while (!take(lockFile, mine)) {
    if (!told) console.error("waiting for another set-up of this checkout to finish …");
    told = true;
    await sleep(100);
  }
  const beat = setInterval(() => touch(lockFile), beatMs);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    rmSync(lockFile, { force: true });
  }
}

function take(lockFile, mine) {
  // Written aside and linked into place: a lock file never exists without its content.
  const draft = `${lockFile}.${process.pid}`;
  try {
    writeFileSync(draft, mine);
    linkSync(draft, lockFile);
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    dropIfStale(lockFile);
    return false;
  } finally {
    rmSync(draft, { force: true });
  }
}

function dropIfStale(lockFile) {
  try {
    const seen = readFileSync(lockFile, "utf8");
    if (!isStale(lockFile, seen)) return;
    const aside = `${lockFile}.stale.${process.pid}`;
    renameSync(lockFile, aside);
    // Between reading and renaming another process may have taken it: then it is put back.
    if (readFileSync(aside, "utf8") !== seen) linkSync(aside, lockFile);
    rmSync(aside, { force: true });
  } catch (error) {
    if (error.code !== "ENOENT" && error.code !== "EEXIST") throw error;
  }
}

function isStale(lockFile, text) {
  const { pid, host } = JSON.parse(text);
  if (Date.now() - statSync(lockFile).mtimeMs > staleMs) return true;
  if (host !== hostname()) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error.code === "ESRCH";
  }
}

function touch(lockFile) {
  try {
    utimesSync(lockFile, new Date(), new Date());
  } catch {
    // the folder was removed meanwhile; the work itself will say so
  }
}
