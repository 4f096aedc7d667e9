import { spawn } from "node:child_process";
import { once } from "node:events";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { expect, it } from "vitest";
import { memoryOf } from "../support/processes.ts";
import { answering, manifest } from "../support/programs.ts";
import { openInstallation, openRepository } from "./installation.ts";
import { expectWholeStore } from "./stored.ts";

const fileCount = 100_000;
const filesPerFolder = 200;
/** The server had 420 MB at most over both pushes when this was written: about 3 kB for each file. */
const mostMemoryBytes = 0.75 * 2 ** 30;

it("deploys a repository of 100,000 files within bounded memory, and then a change of one of them", async () => {
  const berth = await openInstallation({});
  const repository = await openRepository(berth, "fleet", { "package.json": manifest("fleet") });
  await importFiles(repository.folder);
  await repository.git("reset", "--quiet", "--hard");
  const startedAt = performance.now();
  await repository.deploy();
  const firstMs = performance.now() - startedAt;
  expect((await berth.get("fleet.localhost")).body).toBe("99999 sailed");

  repository.write({ [pathOf(fileCount - 1)]: "99999 is back" });
  await repository.git("commit", "--quiet", "--all", "-m", "Change one file");
  const changedAt = performance.now();
  const output = await repository.deploy();
  expect(output).toMatch(/ 1 of 100,002 files changed/);
  const { peakBytes } = memoryOf(berth.pid());
  console.info(
    `100,000 files: first push ${(firstMs / 1000).toFixed(1)} s, a change ${((performance.now() - changedAt) / 1000).toFixed(1)} s, the server had ${Math.round(peakBytes / 2 ** 20)} MB at most`,
  );
  expect((await berth.get("fleet.localhost")).body).toBe("99999 is back");
  expect(peakBytes).toBeLessThan(mostMemoryBytes);
  await expectWholeStore(berth);
}, 300_000);

function pathOf(index: number): string {
  return `fleet/${Math.floor(index / filesPerFolder)}/boat-${index}.txt`;
}

/** Commits the files on top of main without a file on the disk before. */
async function importFiles(folder: string) {
  const git = spawn("git", ["fast-import", "--quiet", "--force"], {
    cwd: folder,
    stdio: ["pipe", "ignore", "inherit"],
  });
  const ended = once(git, "exit");
  await pipeline(Readable.from(commit()), git.stdin);
  expect(await ended).toEqual([0, null]);
}

function* commit(): Generator<string> {
  yield "commit refs/heads/main\ncommitter Ada <ada@example.org> 1700000000 +0000\ndata 5\nFleet\n";
  yield "from refs/heads/main^0\n";
  const server = `import { readFileSync } from "node:fs";\n${answering("X").replace('"X"', `readFileSync("${pathOf(fileCount - 1)}")`)}`;
  yield file("server.js", server);
  for (let index = 0; index < fileCount; index += 1) yield file(pathOf(index), `${index} sailed`);
}

function file(path: string, content: string): string {
  return `M 100644 inline ${path}\ndata ${Buffer.byteLength(content)}\n${content}\n`;
}
