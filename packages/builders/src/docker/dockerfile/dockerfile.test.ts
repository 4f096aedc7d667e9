import { randomUUID } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { beforeAll, afterAll, describe, expect, it } from "vitest";
import type { BuildRequest, Digest } from "@berth/core";
import { imageNeeds, unfitReason } from "@berth/core";
import type { TestFiles } from "@berth/core/testing";
import { extract } from "tar-stream";
import { filesWith } from "../../conformance/files-with.ts";
import { describeWithDocker, openDocker, registry } from "../../testing/docker.ts";
import type { TestDocker } from "../../testing/docker.ts";
import { serveTokenRegistry } from "../../testing/token-registry.ts";
import { makePlan, makeRequest, makeSink, never } from "../../testing/plan.ts";
import { buildLabel } from "../deps.ts";

/** Differs from run to run: what the engine remembers of an earlier one would not be run again. */
const unique = randomUUID();
const secret = "d0ckerfile-s3cret-8812";

await describeWithDocker("with Docker", () => {
  describe("a Dockerfile", { timeout: 180_000 }, () => {
    let docker: TestDocker;
    beforeAll(async () => {
      docker = await openDocker();
    }, 60_000);
    afterAll(() => docker.dispose(), 60_000);

    const plan = makePlan({ stack: "dockerfile", dockerfile: "Dockerfile", command: { argv: [] } });
    const run = async (files: TestFiles, more: Partial<BuildRequest> = {}) => {
      const sink = makeSink();
      const result = await docker.builder.build(makeRequest(files, plan, more), sink, never);
      return { result, told: sink.told };
    };
    const build = async (files: TestFiles, more: Partial<BuildRequest> = {}) => {
      const { result, told } = await run(files, more);
      if (!result.ok) throw new Error(`${result.failure.message}\n${result.failure.lines.join("\n")}`);
      const description = await docker.images.describe(result.artifact.digest);
      const config: { config: Record<string, unknown>; os: string } = JSON.parse(
        Buffer.from(description.config).toString(),
      );
      return { artifact: result.artifact, told, description, config: config.config };
    };
    const fail = async (files: TestFiles, more: Partial<BuildRequest> = {}) => {
      const { result, told } = await run(files, more);
      if (result.ok) throw new Error("the build did not fail");
      return { ...result.failure, told };
    };

    it("is built by the engine, its steps are told, and its image becomes one of the layout", async () => {
      const Dockerfile = [
        "FROM debian:bookworm-slim AS build",
        "ARG COLOUR=none",
        "COPY . /src",
        `RUN : ${unique}; echo "it is $COLOUR"; ls -A /src`,
        "FROM debian:bookworm-slim",
        "COPY --from=build /src /app",
        "WORKDIR /app",
        'CMD ["cat", "a.txt"]',
      ].join("\n");
      const files = { Dockerfile, ".dockerignore": "*.md\n!kept.md\n", "a.txt": "1", "no.md": "x", "kept.md": "y" };
      const { artifact, told, description, config } = await build(files, { env: { COLOUR: "blue" } });
      expect(told.join("\n")).toMatch(/\[build 3\/3\] RUN : /);
      expect(told).toContain("it is blue");
      expect(told).toContain("kept.md");
      expect(told).not.toContain("no.md");
      expect(config).toMatchObject({ User: "1000:1000", Cmd: ["cat", "a.txt"], WorkingDir: "/app" });
      expect(JSON.stringify(config)).not.toContain(buildLabel);
      expect(artifact.provenance.tools).toMatchObject({
        docker: docker.engine.info.version,
        "FROM docker.io/library/debian:bookworm-slim": expect.stringMatching(/^sha256:/),
      });
      expect(artifact.provenance.buildEnv).toEqual({ COLOUR: "blue" });
      const needs = imageNeeds(description.annotations, { os: "linux", architecture: "amd64", libc: null });
      const place = { name: "Docker", platform: { ...docker.engine.info, libc: null }, glibc: null, tools: {} };
      expect(unfitReason(needs, { ...place, needsBase: true })).toBeNull();
      expect(unfitReason(needs, { ...place, needsBase: false })).toContain("made by a Dockerfile");
      const again = await build({ ...files, "b.txt": "2" }, { env: { COLOUR: "blue" } });
      expect(again.description.layers[0]).toEqual(description.layers[0]);
      expect(await leftImages()).toEqual([]);
    });

    it("says who runs in it by number", async () => {
      const lines = "FROM debian:bookworm-slim\nRUN useradd --uid 1234 --user-group shop\n";
      expect((await build({ Dockerfile: `${lines}USER shop\n` })).config["User"]).toBe("1234:1234");
      expect((await build({ Dockerfile: `${lines}USER shop:users\n` })).config["User"]).toBe("1234:100");
      expect((await build({ Dockerfile: `${lines}USER 4711:4712\n` })).config["User"]).toBe("4711:4712");
      expect((await build({ Dockerfile: `${lines}USER root\n` })).config["User"]).toBe("1000:1000");
    });

    it("says where it would run as root, and does not", async () => {
      const told = async (user: string) => (await build({ Dockerfile: `FROM debian:bookworm-slim\n${user}` })).told;
      expect(await told("USER root\n")).toContain("runs as 1000:1000 instead of root");
      expect(await told("")).toContain("runs as 1000:1000 instead of root, as the image names no USER");
      expect((await told("USER 4711:4712\n")).join("\n")).not.toContain("root");
    });

    it("has its writable folders belong to whom it runs as, with what is in them", async () => {
      const Dockerfile = [
        "FROM debian:bookworm-slim",
        "WORKDIR /srv",
        `RUN mkdir -p data/deep && echo ${unique} > data/deep/a && ln -s deep/a data/link && ln data/deep/a data/hard`,
        `LABEL dev.berth.writable='["own"]'`,
        "USER 4711:4712",
      ].join("\n");
      const writable = ["data", "/var/new", "data/deep", "/tmp"];
      const request = makeRequest({ Dockerfile }, { ...plan, writable });
      const result = await docker.builder.build(request, makeSink(), never);
      if (!result.ok) throw new Error(result.failure.message);
      const { layers, config } = await docker.images.describe(result.artifact.digest);
      const made: { config: { Labels: Record<string, string> }; rootfs: { diff_ids: string[] } } = JSON.parse(
        Buffer.from(config).toString(),
      );
      expect(JSON.parse(made.config.Labels["dev.berth.writable"] ?? "")).toEqual([
        "own",
        "/srv/data",
        "/srv/data/deep",
        "/var/new",
      ]);
      expect(made.rootfs.diff_ids).toHaveLength(layers.length);
      const top = layers.at(-1);
      const entries = await listLayer(top?.digest ?? "sha256:none");
      expect(entries.toSorted()).toEqual([
        "directory srv/data 4711:4712",
        "directory srv/data/deep 4711:4712",
        "directory var/new 4711:4712",
        "file srv/data/deep/a 4711:4712",
        expect.stringMatching(/^(file|link) srv\/data\/hard 4711:4712/),
        "symlink srv/data/link 4711:4712 deep/a",
      ]);
    });

    it("with all of its image to be writable is refused", async () => {
      const request = makeRequest({ Dockerfile: "FROM debian:bookworm-slim\n" }, { ...plan, writable: ["."] });
      const result = await docker.builder.build(request, makeSink(), never);
      expect(result).toMatchObject({ ok: false, failure: { hint: expect.stringContaining("WORKDIR") } });
    });

    it("that fails says which instruction, how, and what it printed last", async () => {
      const failure = await fail({ Dockerfile: "FROM debian:bookworm-slim\nRUN echo one; echo two; exit 3\n" });
      expect(failure).toMatchObject({
        exitCode: 3,
        message: expect.stringMatching(/^\[2\/2\] RUN echo one.* exited with 3$/),
      });
      expect(failure.lines).toEqual(["one", "two"]);
    });

    it.each([
      [
        "an instruction that there is none of",
        "FROM debian:bookworm-slim\nRAN true\n",
        /unknown instruction/i,
        /Correct this line/,
      ],
      ["a file that is not there", "FROM debian:bookworm-slim\nCOPY nothing /x\n", /nothing/, /\.dockerignore/],
      ["an image that is not there", "FROM debian:no-such-tag\n", /no-such-tag/, /FROM lines/],
    ])("with %s is explained", async (_, Dockerfile, message, hint) => {
      const failure = await fail({ Dockerfile });
      expect(failure.message).toMatch(message);
      expect(`${failure.message}: ${failure.hint}`).toMatch(hint);
    });

    it("gets secrets where it mounts them, and keeps none", async () => {
      const Dockerfile = [
        "FROM debian:bookworm-slim",
        `RUN --mount=type=secret,id=TOKEN : ${unique}; echo "it is $(cat /run/secrets/TOKEN)" && wc -c < /run/secrets/TOKEN > /length`,
      ].join("\n");
      const { told, artifact } = await build({ Dockerfile }, { secrets: { TOKEN: secret } });
      expect(told).toContain("it is ***");
      expect(JSON.stringify([told, artifact])).not.toContain(secret);
      expect(artifact.provenance.buildSecrets).toEqual(["TOKEN"]);
      expect(await filesWith(docker.home, secret)).toEqual([]);
    });

    it("that writes a secret into its image is refused, and nothing of it is kept", async () => {
      const Dockerfile = "FROM debian:bookworm-slim\nRUN --mount=type=secret,id=TOKEN cp /run/secrets/TOKEN /copied\n";
      const failure = await fail({ Dockerfile }, { secrets: { TOKEN: secret } });
      expect(failure.message).toContain("contains the value of the build secret TOKEN");
      expect(await filesWith(docker.home, secret)).toEqual([]);
      expect(await leftImages()).toEqual([]);
    });

    it("that names a secret nobody declared is explained", async () => {
      const Dockerfile =
        "FROM debian:bookworm-slim\nRUN --mount=type=secret,id=OTHER,required cat /run/secrets/OTHER\n";
      expect((await fail({ Dockerfile }, { secrets: { TOKEN: secret } })).hint).toContain("build.secrets");
      expect((await fail({ Dockerfile })).hint).toContain("build.secrets");
    });

    it("may mount a secret that nobody declared where it can do without", async () => {
      const step = `RUN --mount=type=secret,id=OTHER : ${unique}; test ! -e /run/secrets/OTHER`;
      const { artifact } = await build({ Dockerfile: `FROM debian:bookworm-slim\n${step}\n` });
      expect(artifact.provenance.buildSecrets).toEqual([]);
    });

    it("stands on an image of a registry that gives everyone a token", async () => {
      const tokens = await serveTokenRegistry(registry, null);
      try {
        await build({ Dockerfile: `FROM ${tokens.host}/library/debian:bookworm-slim\nRUN true\n` });
        expect(new Set(tokens.asked)).toEqual(new Set([""]));
      } finally {
        await tokens.close();
      }
    });

    it("stands on an image of a private registry with the login of Docker's configuration", async () => {
      const login = "ada:s3:cret";
      const tokens = await serveTokenRegistry(registry, login);
      const folder = join(docker.home, "docker");
      try {
        const files = { Dockerfile: `FROM ${tokens.host}/library/debian:bookworm-slim\nRUN true\n` };
        expect((await fail(files)).hint).toContain("docker login");
        await mkdir(folder);
        const auths = { [tokens.host]: { auth: Buffer.from(login).toString("base64") } };
        await writeFile(join(folder, "config.json"), JSON.stringify({ auths }));
        await build(files);
        await writeFile(join(folder, "config.json"), JSON.stringify({ credsStore: "missing" }));
        expect((await fail({ ...files, "changed.txt": "" })).message).toContain("docker-credential-missing");
      } finally {
        await rm(folder, { recursive: true, force: true });
        await tokens.close();
      }
    });

    it("has cache mounts of its app, whatever another calls its own", async () => {
      const Dockerfile = (round: string) =>
        [
          "FROM debian:bookworm-slim",
          `RUN --mount=type=cache,id=pip,target=/cache : ${unique} ${round}; echo "found $(cat /cache/note)"; echo kept > /cache/note`,
        ].join("\n");
      const told = async (round: string, more: Partial<BuildRequest>) =>
        (await build({ Dockerfile: Dockerfile(round) }, more)).told.filter((line) => line.startsWith("found"));
      expect(await told("first", {})).toEqual(["found"]);
      expect(await told("same app", {})).toEqual(["found kept"]);
      const chosen = { BUILDKIT_CACHE_MOUNT_NS: "shop" };
      expect(await told("other app", { app: "other", env: chosen })).toEqual(["found"]);
    });

    it("that is cancelled ends soon, and the next one works", async () => {
      const controller = new AbortController();
      const sink = { ...makeSink(), line: () => controller.abort(new Error("cancelled")) };
      const Dockerfile = "FROM debian:bookworm-slim\nRUN echo begun; sleep 600\n";
      const cancelled = docker.builder.build(makeRequest({ Dockerfile }, plan), sink, controller.signal);
      await expect(cancelled).rejects.toThrow("cancelled");
      await build({ Dockerfile: "FROM debian:bookworm-slim\nRUN true\n" });
    });

    async function listLayer(digest: Digest): Promise<string[]> {
      const chunks = await Array.fromAsync<Buffer>(docker.images.blobs.read(digest));
      const reader = extract();
      reader.end(gunzipSync(Buffer.concat(chunks)));
      const entries: string[] = [];
      for await (const entry of reader) {
        const { type, name, uid, gid, linkname } = entry.header;
        entries.push([type, name.replace(/\/$/, ""), `${uid}:${gid}`, linkname].filter(Boolean).join(" "));
        entry.resume();
      }
      return entries;
    }

    async function leftImages(): Promise<string[]> {
      const filters = { label: [`${buildLabel}=${docker.deps.installation}`] };
      const images = await docker.engine.ask((client) => client.listImages({ filters }));
      return images.flatMap(({ RepoTags }) => RepoTags ?? []);
    }
  });
});
