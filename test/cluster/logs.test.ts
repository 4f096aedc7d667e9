import { expect, it, onTestFinished } from "vitest";
import { makePerson } from "../cli/cli.ts";
import { describeOnCluster } from "../support/describe-on-cluster.ts";
import { manifest } from "../support/programs.ts";
import { makeRepository } from "../support/repository.ts";
import { until } from "../support/until.ts";

const server = (text: string) => `
import { createServer } from "node:http";
createServer((request, response) => {
  response.end("ok");
  if (request.url === "/crash") process.exit(3);
}).listen(process.env.PORT, () => console.log("${text} from " + process.env.HOSTNAME));
`;

const services = `services:
  web: { command: node server.js, routes: [/], resources: { cpu: 20m, memory: 128Mi } }
  worker: { command: node worker.js, resources: { cpu: 20m, memory: 128Mi } }
`;

await describeOnCluster(
  (on) => {
    it("follows logs across new pods, restarts, services and releases, and says where each line is from", async () => {
      const app = "pod-logs";
      const repository = await makeRepository(on().berth, app, {
        "package.json": manifest(app),
        "berth.yaml": services,
        "server.js": server("first"),
        "worker.js": "console.log('works from ' + process.env.HOSTNAME); setInterval(() => {}, 1000);",
      });
      onTestFinished(() => repository.remove());
      await repository.deploy();
      const person = makePerson(on().berth);
      onTestFinished(() => person.remove());
      const following = person.start(["logs", "-f", "--app", app]);
      const sees = (what: string, pattern: RegExp) =>
        until(what, () => pattern.test(following.output())).catch((error: unknown) => {
          throw new Error(`${String(error)}\n${following.output()}`);
        });
      await sees("web is heard", /web v1 +\| first from web-/);
      await sees("the worker is heard", /worker v1 \| works from worker-/);

      expect(await person.berth(["scale", "web=2", "--app", app])).toMatchObject({ code: 0 });
      await until("two pods have spoken", () => new Set(following.output().match(/first from web-\S+/g)).size === 2);
      // From the second instance on each line says which one it is from.
      await sees("the second one is told apart", /web\/\w+ v\d +\| first from web-/);

      await on().berth.get(`${app}.localhost`, "/crash");
      await sees("the end of one is told", /web\/\w+ v\d +\| exited with code 3/);
      await until("it speaks again", () => (following.output().match(/first from web-/g) ?? []).length >= 3);

      repository.write({ "server.js": server("second") });
      await repository.commit("Say second");
      await repository.deploy();
      await sees("the next release is heard", /web\/\w+ v3 +\| second from web-/);
      following.interrupt();
      await following.done;
      const lines = following
        .output()
        .split("\n")
        .filter((line) => line.includes(" from "));
      expect(new Set(lines).size).toBe(lines.length);
    }, 180_000);
  },
  { startMs: 90_000 },
);
