import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import type { Digest, Random } from "@berth/core";
import { quietLog, systemClock } from "@berth/core";
import { openImages, openRemote, parseRegistry, readBootId } from "@berth/images";

export interface ProbeImageOptions {
  /** A registry, with a folder in it. */
  registry: string;
  repository: string;
  /** What the nodes' kubelets run: `amd64`. */
  architecture: string;
  /** Docker's config.json; null: that of this user. */
  dockerConfig: string | null;
  env: Readonly<Record<string, string | undefined>>;
  random: Random;
  signal: AbortSignal;
}

const proxyVariables = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"];

/** Makes an image of one file that no node has seen, and pushes it. Resolves with its digest. */
export async function pushProbeImage(options: ProbeImageOptions): Promise<Digest> {
  const { registry, repository, architecture, dockerConfig, env, random, signal } = options;
  const home = await mkdtemp(join(tmpdir(), "berth-probe-"));
  const images = await openImages({ home, clock: systemClock, random, log: quietLog, bootId: await readBootId() });
  try {
    const docker = join(home, "docker");
    const file = join(home, "probe.txt");
    await writeFile(file, Buffer.from(random.bytes(16)).toString("hex"));
    const layer = await images.folderLayer({ root: home, sources: [{ host: file, path: "probe.txt" }], exclude: [] });
    const config = {
      architecture,
      os: "linux",
      config: { User: "1000:1000", Cmd: ["/probe"] },
      rootfs: { type: "layers", diff_ids: [layer.diffId] },
    };
    const { digest } = await images.assembleForeign({ config, layers: [layer], annotations: {} });
    if (dockerConfig !== null) {
      const { mkdir } = await import("node:fs/promises");
      await mkdir(docker);
      await writeFile(join(docker, "config.json"), dockerConfig, { mode: 0o600 });
    }
    const remote = openRemote({
      home,
      images,
      mirrors: new Map(),
      docker: {
        folder: dockerConfig === null ? (env["DOCKER_CONFIG"] ?? join(env["HOME"] ?? homedir(), ".docker")) : docker,
        path: env["PATH"] ?? "",
        env: Object.fromEntries(
          Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
        ),
      },
      proxyEnv: Object.fromEntries(
        proxyVariables.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])),
      ),
      clock: systemClock,
      random,
      log: quietLog,
    });
    try {
      await remote.push(digest, { registry: parseRegistry(registry), repository, tags: [] }, { signal });
    } finally {
      remote.close();
    }
    return digest;
  } finally {
    await images.close();
    await rm(home, { recursive: true, force: true });
  }
}
