import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { type Berth, startBerth } from "../support/berth.ts";
import { hasDocker, mirrors } from "../support/parts.ts";
import { makeRepository, type Repository } from "../support/repository.ts";
import { describeWith } from "../support/requires.ts";

const { isThere, reason } = await hasDocker();
const examples = join(import.meta.dirname, "../../examples");
const timeoutMs = 300_000;

describeWith("docker", isThere, reason, () => {
  let berth: Berth;
  let repository: Repository | null = null;

  beforeAll(async () => {
    berth = await startBerth({ BERTH_RUNTIME: "docker", BERTH_MIRRORS: mirrors });
  }, 60_000);
  afterEach(() => {
    repository?.remove();
    repository = null;
  });
  afterAll(() => berth.stop(), 60_000);

  it(
    "builds the go example in Go's own image, and its programs run on a slim Debian",
    async () => {
      repository = await makeRepository(berth, "example-tides", join(examples, "go"));
      const output = await repository.deploy();
      expect(output).toContain("debian:bookworm-slim is pinned");
      expect((await berth.get("example-tides.localhost")).body).toContain("<li>Dover: 06:12</li>");
      for await (const { text } of berth.logs({ app: "example-tides", service: "worker", follow: true })) {
        if (/Worker: turn 1/.test(text)) break;
      }
    },
    timeoutMs,
  );

  it(
    "serves what the Dockerfile example makes, on the port that it exposes",
    async () => {
      repository = await makeRepository(berth, "example-flags", join(examples, "dockerfile"));
      const output = await repository.deploy();
      expect(output).toContain("listens on 8000 (Dockerfile EXPOSE)");
      const page = await berth.get("example-flags.localhost");
      expect(page.body).toContain('<a href="A.html">A</a>');
      expect((await berth.get("example-flags.localhost", "/Q.html")).body).toContain("Healthy");

      repository.write({ Dockerfile: "FROM python:3.11-slim\nRUN python -c 'raise SystemExit(\"no flags\")'\n" });
      await repository.commit("Break it");
      const { ok, output: broken } = await repository.push();
      expect(ok).toBe(false);
      expect(broken).toContain("no flags");
      expect((await berth.get("example-flags.localhost")).body).toBe(page.body);
    },
    timeoutMs,
  );
});
