import { rmSync } from "node:fs";
import { describe, expect, it, onTestFinished } from "vitest";
import type { OperationEvent, RollbackVerdict } from "../../packages/core/src/index.ts";
import { makePerson, type Person } from "../cli/cli.ts";
import type { Berth } from "./berth.ts";
import { answering, manifest } from "./programs.ts";
import { makeRepository, type Repository } from "./repository.ts";

const web = "services: { web: { resources: { cpu: 20m, memory: 128Mi } } }\n";
const migrate = (n: number) => `console.log("migrate", process.argv[2] ?? "up", "of ${n}");`;

/** What `berth rollback` has to know and to do on every runtime. Names of apps begin with `prefix`. */
export function describeRollbacks(berthOf: () => Berth, prefix: string): void {
  /** Two releases; the second has this release command. */
  async function deployTwo(name: string, release: string) {
    const app = `${prefix}-${name}`;
    const repository = await makeRepository(berthOf(), app, {
      "package.json": manifest(app),
      "server.js": answering("one"),
      "berth.yaml": web,
    });
    const person = makePerson(berthOf());
    person.write({ "berth.yaml": `name: ${app}\n` });
    onTestFinished(() => {
      repository.remove();
      rmSync(person.folder, { recursive: true, force: true });
    });
    await repository.deploy();
    await deployNext(repository, 2, release);
    return { app, repository, person };
  }

  async function deployNext(repository: Repository, n: number, release: string) {
    repository.write({
      "server.js": answering(`release ${n}`),
      "migrate.js": migrate(n),
      "berth.yaml": `${web}release: ${release}\n`,
    });
    await repository.commit(`Change to ${n}`);
    await repository.deploy();
  }

  const body = async (app: string) => (await berthOf().get(`${app}.localhost`)).body;
  const printed = async (person: Person) => {
    const { events } = await person.json<{ events: OperationEvent[] }>(["operations", "show"]);
    return events.flatMap(({ phase, kind, text }) => (phase === "run" && kind === "line" ? [text] : []));
  };

  describe("berth rollback across a release command", () => {
    it("is refused where that has no undo, says so before, and goes back with --force", async () => {
      const { app, person } = await deployTwo("blocked", "{ command: node migrate.js }");
      const check = await person.berth(["rollback", "--check"]);
      expect(check).toMatchObject({ code: 1, err: "" });
      expect(check.out).toMatch(/v2's release command has run since \(node migrate\.js, .* UTC, by \w+\)/);
      expect(check.out).toContain(`→ If v1 works with what it did: berth rollback v1 --app ${app} --force`);
      const refused = await person.berth(["rollback"]);
      expect(refused).toMatchObject({ code: 1, out: "" });
      expect(refused.err).toMatch(/^error: Going back to v1 is not safe: /m);
      expect(refused.err).toContain(`hint: If v1 works with what it did: berth rollback v1 --app ${app} --force`);
      expect(await body(app)).toBe("release 2");
      expect(await person.berth(["rollback", "v1", "--force"])).toMatchObject({ code: 0 });
      expect(await body(app)).toBe("one");
      expect((await person.berth(["audit"])).out).toContain("rollback.force");
    }, 120_000);

    it("runs the undo commands, each of its own release, and leaves what is live where one fails", async () => {
      const release = '{ command: node migrate.js, undo: "node migrate.js down" }';
      const { app, repository, person } = await deployTwo("undo", release);
      await deployNext(repository, 3, release);
      const verdict = await person.json<RollbackVerdict>(["rollback", "v1", "--check"]);
      expect(verdict).toMatchObject({ outcome: "safe", undoes: [3, 2] });
      expect(await person.berth(["rollback", "v1"])).toMatchObject({ code: 0 });
      expect(await body(app)).toBe("one");
      expect(await printed(person)).toEqual(["migrate down of 3", "migrate down of 2"]);
      await deployNext(repository, 5, '{ command: node migrate.js, undo: "node missing.js" }');
      const failed = await person.berth(["rollback", "v1"]);
      expect(failed.code).toBe(1);
      expect(failed.out + failed.err).toContain("The command that undoes v5 failed: it exited with code 1");
      expect(await body(app)).toBe("release 5");
      expect(await person.berth(["rollback", "v1", "--no-undo"])).toMatchObject({ code: 0 });
      expect(await body(app)).toBe("one");
    }, 180_000);
  });
}
