import { rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Berth } from "../support/berth.ts";
import { hasDocker, mirrors } from "../support/parts.ts";
import { manifest } from "../support/programs.ts";
import { describeWith } from "../support/requires.ts";
import { openInstallation, openRepository, pushRefused } from "./installation.ts";
import { expectWholeStore } from "./stored.ts";

const { isThere, reason } = await hasDocker();

/** Answers with what it reads at the path of the request, or with the code of what went wrong. */
const reader = `import { createServer } from "node:http";
import { readFileSync } from "node:fs";
createServer((request, response) => {
  try { response.end(readFileSync("." + decodeURIComponent(request.url), "utf8")); }
  catch (error) { response.end(error.code); }
}).listen(process.env.PORT);`;

const oddNames = {
  "new\nline.txt": "newline",
  "\n": "nothing but a newline",
  "tab\there.txt": "tab",
  "back\\slash.txt": "backslash",
  [`"quo'te".txt`]: "quotes",
  "ünï/ß→😀.txt": "letters",
  "-rf": "dash",
  "--help/-": "dashes",
  "$(exit 1)`exit 1`.txt": "shell",
  " leading and trailing ": "spaces",
};

const files = { "package.json": manifest("odd"), "server.js": reader };

/** What an app answers for each of these paths. */
async function servedBy(berth: Berth, app: string, paths: readonly string[]): Promise<Record<string, string>> {
  const answers: Record<string, string> = {};
  for (const path of paths) {
    const encoded = path.split("/").map(encodeURIComponent).join("/");
    answers[path] = (await berth.get(`${app}.localhost`, `/${encoded}`)).body;
  }
  return answers;
}

function suite(app: string, env: Record<string, string>) {
  it("serves files of any name that git takes, also with a newline", async () => {
    const berth = await openInstallation(env);
    const repository = await openRepository(berth, `${app}-names`, { ...files, ...oddNames });
    await repository.deploy();
    expect(await servedBy(berth, `${app}-names`, Object.keys(oddNames))).toEqual(oddNames);
    repository.write({ "new\nline.txt": "changed" });
    await repository.commit("Change what has a newline in its name");
    await repository.deploy();
    expect(await servedBy(berth, `${app}-names`, Object.keys(oddNames))).toEqual({
      ...oddNames,
      "new\nline.txt": "changed",
    });
    await expectWholeStore(berth);
  }, 120_000);

  it("takes links that lead round in a circle as they are, and refuses those that lead out", async () => {
    const berth = await openInstallation(env);
    const repository = await openRepository(berth, `${app}-links`, { ...files, "deck/a.txt": "on deck" });
    const link = (target: string, path: string) => symlinkSync(target, join(repository.folder, path));
    link("b", "a");
    link("a", "b");
    link("itself", "itself");
    link("..", "deck/up");
    link("deck/up/deck/up/deck", "round");
    await repository.commit("Go round in circles");
    await repository.deploy();
    const read = { a: "ELOOP", itself: "ELOOP", "round/a.txt": "on deck" };
    expect(await servedBy(berth, `${app}-links`, Object.keys(read))).toEqual(read);

    for (const [target, path] of [
      ["../../etc/passwd", "deck/out"],
      ["/etc/passwd", "absolute\nlink"],
      ["round/../../../etc", "deck/winding"],
    ] as const) {
      link(target, path);
      await repository.commit(`Lead out to ${target}`);
      const output = await pushRefused(berth, repository);
      expect(output).toContain(target);
      expect(output).toContain(`| ${path.replace("\n", "\\n")} -> ${target}`);
      expect(output).toMatch(/hint +\S/);
      rmSync(join(repository.folder, path));
    }
    repository.write({ "deck/a.txt": "still on deck" });
    await repository.commit("Stay inside");
    await repository.deploy();
    expect(await servedBy(berth, `${app}-links`, Object.keys(read))).toEqual({
      ...read,
      "round/a.txt": "still on deck",
    });
  }, 120_000);
}

suite("odd", {});
describeWith("docker", isThere, reason, () => suite("odd-docker", { BERTH_RUNTIME: "docker", BERTH_MIRRORS: mirrors }));
