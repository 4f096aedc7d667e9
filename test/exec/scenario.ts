import { createHash, randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { makePerson, type Person } from "../cli/cli.ts";
import type { Berth } from "../support/berth.ts";
import { answering, manifest, smallService } from "../support/programs.ts";
import { makeRepository } from "../support/repository.ts";
import { until } from "../support/until.ts";

/** What `berth exec` does on any runtime, with real terminals and pipes. `given` has a server that nothing else uses. */
export function describeExec(given: () => Berth): void {
  let person: Person | null = null;

  /** Somebody in the folder of an app that is live. */
  async function atApp(app: string, yaml = smallService): Promise<Person> {
    const berth = given();
    const files = { "package.json": manifest(app), "server.js": answering("hello"), "berth.yaml": yaml };
    const repository = await makeRepository(berth, app, files);
    await repository.deploy();
    repository.remove();
    person ??= makePerson(berth);
    return person;
  }

  /** How many processes have this in their command line, as one that is run in the instance sees it. Itself it has it otherwise. */
  async function running(someone: Person, app: string, text: string): Promise<number> {
    const pattern = `[${text[0]}]${text.slice(1).replaceAll(" ", ".")}`;
    const look = `cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' | grep -ac '${pattern}'`;
    return Number((await someone.berth(["exec", "--app", app, "--", "sh", "-c", look])).out);
  }

  it("gives somebody at a terminal a shell, of the size that theirs has", async () => {
    const someone = await atApp("exec-shell");
    const shell = someone.atTerminal(["exec", "--app", "exec-shell"], { columns: 101, rows: 31 });
    await shell.sees(/web web-|web [\w-]+/);
    shell.type("stty size\r");
    await shell.sees("31 101");
    await shell.resize(120, 40);
    await until("the shell has the new size", async () => {
      shell.type("stty size\r");
      await new Promise((resolve) => setTimeout(resolve, 300));
      return shell.screen().includes("40 120");
    });
    shell.type('ls server.js; echo "term $TERM"\r');
    await shell.sees("term xterm-256color");
    shell.type("sleep 1000\r");
    await new Promise((resolve) => setTimeout(resolve, 500));
    shell.type("\u0003");
    shell.type("echo after-$((20+3))\r");
    await shell.sees("after-23");
    shell.type("exit 9\r");
    expect(await shell.exitCode).toBe(9);
  }, 120_000);

  it("passes input, both outputs and the exit code on, byte by byte", async () => {
    const someone = await atApp("exec-pipes");
    const ran = await someone.berth([
      "exec",
      "--app",
      "exec-pipes",
      "--",
      "sh",
      "-c",
      "echo out; echo err >&2; exit 3",
    ]);
    expect(ran).toEqual({ code: 3, out: "out\n", err: "err\n" });
    const bytes = randomBytes(3_000_000);
    const hashes = "process.stdin.pipe(require('crypto').createHash('sha256').setEncoding('hex')).pipe(process.stdout)";
    const hashed = await someone.berth(["exec", "--app", "exec-pipes", "--", "node", "-e", hashes], { input: bytes });
    expect(hashed).toEqual({ code: 0, out: createHash("sha256").update(bytes).digest("hex"), err: "" });
    const much = await someone.berth([
      "exec",
      "--app",
      "exec-pipes",
      "--",
      "node",
      "-e",
      "process.stdout.write('x'.repeat(5e6))",
    ]);
    expect([much.code, much.out.length]).toEqual([0, 5_000_000]);
  }, 120_000);

  it("ends what runs when its command goes away", async () => {
    const someone = await atApp("exec-ends");
    const nap = `nap-${randomBytes(4).toString("hex")}`;
    const asleep = `setInterval(() => {}, 1000, '${nap}')`;
    const begins = `echo begun; node -e "${asleep}" & node -e "${asleep}"`;
    const program = ["exec", "--app", "exec-ends", "--", "sh", "-c", begins];
    const window = someone.atTerminal(program, { columns: 80, rows: 24 });
    await window.sees("begun");
    const piped = someone.start(program);
    await until("it has begun", () => piped.output().includes("begun"));
    expect(await running(someone, "exec-ends", nap)).toBeGreaterThanOrEqual(4);
    window.close();
    piped.interrupt();
    expect((await piped.done).code).toBe(130);
    await until("nothing of it runs", async () => (await running(someone, "exec-ends", nap)) === 0);
  }, 120_000);

  it("runs where it is told to, and says what there is instead", async () => {
    const services = `services:
  web: { command: node server.js, routes: [/], resources: { cpu: 20m, memory: 128Mi } }
  worker: { command: "node -e 'setInterval(() => {}, 1000)'", resources: { cpu: 20m, memory: 128Mi } }
`;
    const someone = await atApp("exec-where", services);
    const exec = (...args: string[]) => someone.berth(["exec", "--app", "exec-where", ...args]);
    expect(await exec("-s", "worker", "--", "sh", "-c", 'echo "${PORT:-none}"')).toMatchObject({ code: 0 });
    const { services: all } = await given().status("exec-where");
    const worker = all.find(({ name }) => name === "worker")!.instances[0]!;
    const tail = worker.id.split("-").at(-1)!;
    expect((await exec("-i", tail, "--", "echo", "here")).out).toBe("here\n");
    expect(await exec("-s", "wrker", "--", "true")).toMatchObject({
      code: 4,
      err: expect.stringContaining("It has web, worker."),
    });
    expect(await exec("-i", "none", "--", "true")).toMatchObject({ code: 4, err: expect.stringContaining(worker.id) });
    expect((await exec("--", "no-such-program")).code).toBe(127);
    const { out } = await someone.berth(["audit", "--app", "exec-where"]);
    expect(out).toMatch(/exec +exec-where.*worker \S+: echo here/);
  }, 120_000);
}
