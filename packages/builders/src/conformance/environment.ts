import { describe, expect, it } from "vitest";
import { makeRequest, makeStep } from "../testing/plan.ts";
import { build, buildFailure, planFor, shellPlan } from "./build.ts";
import type { BuilderUnderTest } from "./builder-under-test.ts";
import { filesWith } from "./files-with.ts";

const secret = "s3cr3t-Value/with+signs=9471";

export function describeEnvironment(under: () => BuilderUnderTest): void {
  describe("the environment of a step", () => {
    it("has what is declared, and nothing of Berth's own", async () => {
      process.env["BERTH_UNDECLARED"] = "visible";
      const plan = shellPlan(under(), "env > env.txt; pwd > pwd.txt", { env: { OF_STEP: "step" } });
      const outcome = await build(under(), plan, { a: "1" }, { env: { DECLARED: "yes" } }).finally(() => {
        delete process.env["BERTH_UNDECLARED"];
      });
      const env = await outcome.read("env.txt");
      const names = env.split("\n").map((line) => line.split("=")[0]!);
      expect(env).toContain("DECLARED=yes");
      expect(env).toContain("OF_STEP=step");
      expect(env).toContain("CI=1");
      expect(names.filter((name) => /VITEST|BERTH_(HOME|UNDECLARED)|NODE_ENV|^USER$/.test(name))).toEqual([]);
    });

    it("finds programs of the app first", async () => {
      const files = { "tools/node": { mode: "100755" as const, content: Buffer.from("#!/bin/sh\necho own node\n") } };
      const plan = { ...shellPlan(under(), "node > out.txt"), programs: ["tools"] };
      expect(await (await build(under(), plan, files)).read("out.txt")).toBe("own node\n");
    });

    it("is part of the key as far as it is declared", async () => {
      const { builder } = under();
      const plan = shellPlan(under(), "true");
      const variants: Record<string, string>[] = [{}, { A: "1" }, { A: "2" }];
      const keys = variants.map((env) => builder.key(makeRequest({ a: "1" }, plan, { env })));
      expect(new Set(keys).size).toBe(3);
      expect(builder.key(makeRequest({ a: "1" }, plan, { env: { A: "1" }, service: "other" }))).toBe(keys[1]);
    });

    it("has no network where the step needs none, and one where it does", async () => {
      const look = "cat /proc/net/route | wc -l > routes.txt";
      const without = await build(under(), shellPlan(under(), look, { network: false }), { a: "1" });
      const both = planFor(under(), {
        steps: [
          makeStep({ command: { shell: "cat /proc/net/route | wc -l > before.txt" }, network: true }),
          makeStep({ command: { shell: look }, network: false }),
          makeStep({ command: { shell: "cat /proc/net/route | wc -l > after.txt" }, network: true }),
        ],
      });
      const switched = await build(under(), both, { a: "1" });
      // The first line is the table's heading.
      const routes = async (outcome: typeof switched, file: string) => Number(await outcome.read(file)) - 1;
      expect(await routes(switched, "before.txt")).toBeGreaterThan(0);
      expect(await routes(switched, "after.txt")).toBeGreaterThan(0);
      if (!under().enforcesNoNetwork) return;
      expect(await routes(without, "routes.txt")).toBeLessThan(1);
      expect(await routes(switched, "routes.txt")).toBeLessThan(1);
    });
  });

  describe("a secret", () => {
    it("is there in its step, and nowhere afterwards", async () => {
      const shell = [
        'echo "plain $TOKEN"',
        'printf %s "$TOKEN" | base64',
        'printf "user:%s" "$TOKEN" | base64',
        'echo "https://x/?t=$(node -p "encodeURIComponent(process.env.TOKEN)")"',
        'printf %s "$TOKEN" | wc -c > length.txt',
      ].join("; ");
      const plan = planFor(under(), {
        tools: { node: "24" },
        steps: [
          makeStep({
            name: "install",
            layer: "dependencies",
            inputs: ["lock"],
            command: { shell: 'echo "in $TOKEN"; mkdir -p node_modules; echo 1 > node_modules/a' },
          }),
          makeStep({ command: { shell } }),
        ],
        contents: { dependencies: ["node_modules"], app: "all", support: [] },
      });
      const outcome = await build(under(), plan, { lock: "1" }, { secrets: { TOKEN: secret } });
      expect((await outcome.read("length.txt")).trim()).toBe(String(secret.length));
      const told = outcome.told.join("\n");
      expect(told).toContain("plain ***");
      expect(told).toContain("in ***");
      for (const form of [secret, encodeURIComponent(secret), Buffer.from(secret).toString("base64").slice(0, -4)]) {
        expect(told).not.toContain(form);
        expect(await filesWith(under().home, form)).toEqual([]);
        expect(await under().records()).not.toContain(form);
      }
      expect(told).not.toContain(Buffer.from(`user:${secret}`).toString("base64").slice(8, -4));
    });

    it("is masked in what a failure says", async () => {
      const plan = shellPlan(under(), 'echo "it is $TOKEN"; exit 7');
      const failure = await buildFailure(under(), plan, { a: "1" }, { secrets: { TOKEN: secret } });
      expect(failure.lines).toEqual(["it is ***"]);
      expect(JSON.stringify(failure)).not.toContain(secret);
    });

    it.each([
      ["a file", 'echo "//registry/:_authToken=$TOKEN" > .npmrc', ".npmrc"],
      ["a link", 'ln -s "$TOKEN" link', "link"],
      ["a large file across its parts", 'head -c 1048570 /dev/zero > big; printf "%s" "$TOKEN" >> big', "big"],
    ])("that would get into the image by %s ends the build", async (_, shell, file) => {
      const failure = await buildFailure(
        under(),
        shellPlan(under(), shell),
        { a: "1" },
        { secrets: { TOKEN: secret } },
      );
      expect(failure.message).toBe(`${file} contains the value of the build secret TOKEN`);
      expect(await filesWith(under().home, secret)).toEqual([]);
    });

    it("that would get into the dependency layer ends the build", async () => {
      const step = makeStep({
        name: "install",
        layer: "dependencies",
        inputs: ["lock"],
        command: { shell: 'mkdir node_modules; echo "$TOKEN" > node_modules/t' },
      });
      const plan = planFor(under(), {
        steps: [step],
        contents: { dependencies: ["node_modules"], app: "all", support: [] },
      });
      const failure = await buildFailure(under(), plan, { lock: "secret" }, { secrets: { TOKEN: secret } });
      expect(failure.message).toBe("node_modules/t contains the value of the build secret TOKEN");
    });

    it("is not passed as an argument, where everyone could read it", async () => {
      const plan = planFor(under(), { steps: [makeStep({ command: { argv: ["echo", "--token=$TOKEN"] } })] });
      const failure = await buildFailure(under(), plan, { a: "1" }, { secrets: { TOKEN: secret } });
      expect(failure.message).toContain("would show the secret TOKEN");
    });

    it("changes the key by its name and not by its value", async () => {
      const plan = shellPlan(under(), "true");
      const key = (secrets: Record<string, string>) => under().builder.key(makeRequest({ a: "1" }, plan, { secrets }));
      expect(key({ TOKEN: "one" })).toBe(key({ TOKEN: "two" }));
      expect(key({ TOKEN: "one" })).not.toBe(key({ OTHER: "one" }));
      expect(key({ TOKEN: "one" })).not.toBe(key({}));
    });

    it("is told by its name in the record", async () => {
      const request = makeRequest({ a: "named" }, shellPlan(under(), "true"), {
        secrets: { B: secret, A: secret },
        env: { V: "1" },
      });
      const result = await under().builder.build(
        request,
        { start() {}, line() {}, end() {} },
        new AbortController().signal,
      );
      if (!result.ok) throw new Error(result.failure.message);
      expect(result.artifact.provenance).toMatchObject({ buildSecrets: ["A", "B"], buildEnv: { V: "1" } });
      expect(JSON.stringify(result)).not.toContain(secret);
    });
  });
}
