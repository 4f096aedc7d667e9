import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, expect, it } from "vitest";
import { makePerson, type Person } from "../cli/cli.ts";
import { type Berth, startBerth } from "../support/berth.ts";
import { hasDocker, mirrors, registryUrl } from "../support/parts.ts";
import { makeRepository, type Repository } from "../support/repository.ts";
import { describeWith } from "../support/requires.ts";
import { until } from "../support/until.ts";

const { isThere, reason } = await hasDocker();
const hasCluster = Boolean(process.env["KUBECONFIG"]);
const app = `portable-${randomBytes(2).toString("hex")}`;
const namespace = `berth-${app}--production`;

const files = {
  "package.json": JSON.stringify({ name: app, version: "1.0.0", type: "module" }),
  "berth.yaml": [
    "services:",
    "  web: { command: node web.js, routes: [/], env: { GREETING: hello }, resources: { cpu: 50m, memory: 128Mi } }",
    "  api: { command: node api.js, health: { path: / }, resources: { cpu: 50m, memory: 128Mi } }",
    "",
  ].join("\n"),
  "web.js": `import { createServer } from "node:http";
createServer(async (request, response) => {
  const api = request.url === "/api" ? await (await fetch(process.env.BERTH_URL_API)).text() : "nobody asked";
  response.end(process.env.GREETING + ", " + api);
}).listen(process.env.PORT);
`,
  "api.js": `import { createServer } from "node:http";
createServer((_, response) => response.end("says the api")).listen(process.env.PORT);
`,
};

describeWith(
  "docker and a cluster",
  isThere && hasCluster,
  isThere ? "KUBECONFIG is not set; kind, k3s or any cluster that pulls from localhost:5055 will do" : reason,
  () => {
    let berth: Berth;
    let ada: Person;
    let repository: Repository;
    beforeAll(async () => {
      berth = await startBerth({
        BERTH_RUNTIME: "docker",
        BERTH_MIRRORS: mirrors,
        BERTH_REGISTRY: `http://localhost:${new URL(registryUrl).port}/berth-test`,
      });
      ada = makePerson(berth);
      repository = await makeRepository(berth, app, files);
      await repository.deploy();
    }, 120_000);
    afterAll(async () => {
      await kubectl(["delete", "namespace", namespace, "--ignore-not-found", "--timeout=60s"]);
      repository.remove();
      ada.remove();
    }, 90_000);

    it("what berth manifests prints serves the app on a cluster while Berth is stopped, and applied again changes nothing", async () => {
      const { code, out: yaml } = await ada.berth(["manifests", "--app", app, "--server", berth.url]);
      expect(code).toBe(0);
      expect(yaml).toMatch(/^# The environment production of .*\n# It is v1, as it is live\.$/m);
      expect(yaml).not.toMatch(/DOES NOT START|hello/);
      await berth.stop();

      await kubectl(["apply", "-f", "-"], yaml);
      for (const secret of secretCommands(yaml)) await kubectl(secret);
      await kubectl(["-n", namespace, "rollout", "status", "deployment", "--timeout=90s"]);
      const address = await kubectl(["-n", namespace, "get", "service", "web", "-o", "jsonpath={.spec.clusterIP}"]);
      const ask = async (path: string) =>
        await (await fetch(`http://${address}${path}`, { signal: AbortSignal.timeout(5_000) })).text();
      await until("the app answers", async () => (await ask("/").catch(() => null)) === "hello, nobody asked");
      expect(await ask("/api")).toBe("hello, says the api");

      const before = await objects();
      await kubectl(["apply", "-f", "-"], yaml);
      expect(await objects()).toEqual(before);
      // Its exit code is 1 where there is a difference.
      expect(await kubectl(["diff", "-f", "-"], yaml)).toBe("");
    }, 240_000);
  },
);

/** The commands of the comments, with the one value that they leave open. */
function secretCommands(yaml: string): string[][] {
  const comments = yaml.split("\n").flatMap((line) => (line.startsWith("#") ? [line.slice(1)] : []));
  const commands = comments.join("\n").replaceAll("\\\n", " ").split("\n");
  return commands
    .map((line) => line.trim().split(/\s+/))
    .filter(([program]) => program === "kubectl")
    .map(([, ...argv]) => argv.map((word) => word.replace("'…'", "hello")));
}

const kinds =
  "networkpolicies,resourcequotas,limitranges,serviceaccounts,services,endpointslices,poddisruptionbudgets,deployments,replicasets,pods,ingresses";

/** All that is there, and what each has been told. */
async function objects(): Promise<string[]> {
  const fields =
    "{.kind}/{.metadata.name} {.metadata.uid} {.metadata.generation} {.metadata.labels} {.spec} {.endpoints}";
  const output = `jsonpath={range .items[*]}${fields}{"\\n"}{end}`;
  return (await kubectl(["-n", namespace, "get", kinds, "-o", output])).trim().split("\n");
}

/** What kubectl prints; throws what it complains of. */
async function kubectl(argv: readonly string[], stdin = ""): Promise<string> {
  const child = spawn("kubectl", argv, { stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.on("error", () => undefined).end(stdin);
  const exit = new Promise<number | null>((resolve, reject) => child.on("error", reject).on("close", resolve));
  const [stdout, stderr, exitCode] = await Promise.all([buffer(child.stdout), buffer(child.stderr), exit]);
  if (exitCode !== 0) throw new Error(`kubectl ${argv.join(" ")}: ${stderr || stdout}`);
  return stdout.toString();
}
