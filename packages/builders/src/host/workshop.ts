import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { makeArgv } from "@berth/core";
import type { BuildSink } from "@berth/core";
import { cacheFoldersOf } from "../build/caches.ts";
import type { Place, PlaceSpec, Workshop } from "../build/executor.ts";
import type { HostBuilderDeps } from "./deps.ts";
import { bringFolderCaches, dropFolderCaches, keepFolderCaches } from "./folder-caches.ts";
import type { NoNetwork } from "./no-network.ts";
import type { PreparedCopies } from "./prepared.ts";
import { runProcess } from "./process/run.ts";
import { makeStepEnv } from "./step-env.ts";
import type { StepFolders } from "./step-env.ts";
import type { Toolbox } from "./tools/toolbox.ts";
import type { WorkFolders } from "./work-folder.ts";
import { writeSource } from "./write-source.ts";

export interface HostWorkshopDeps extends HostBuilderDeps {
  workFolders: WorkFolders;
  noNetwork: NoNetwork;
  prepared: PreparedCopies;
}

/** Places on this machine: a private folder each, in which steps are processes. */
export function makeHostWorkshop(toolbox: Toolbox, deps: HostWorkshopDeps): Workshop {
  const within: Workshop["within"] = (spec, sink, signal, use) =>
    deps.workFolders.within(spec.name, async (top) => {
      const folders = makeFolders(top, spec, deps);
      await mkdir(join(folders.homeFolder, "tmp"), { recursive: true });
      await layOut(spec, folders, deps, sink);
      try {
        return await use(makePlace(spec, folders, toolbox, deps, signal));
      } finally {
        if (spec.dependencies !== null) await deps.prepared.keep(spec.dependencies, folders.folder);
      }
    });
  return { tools: toolbox.versions, abi: toolbox.abi, platform: deps.platform, where: "on this machine", within };
}

function makeFolders(top: string, { service }: PlaceSpec, { home }: HostBuilderDeps): StepFolders {
  const id = createHash("sha256").update(service).digest("hex").slice(0, 20);
  const caches = { shared: join(home, "cache"), service: join(home, "cache", "services", id) };
  return { folder: join(top, "app"), homeFolder: join(top, "home"), caches };
}

/** Lays out what is there before the first step: the dependencies, and the settings of package managers. */
async function layOut(spec: PlaceSpec, folders: StepFolders, deps: HostWorkshopDeps, sink: BuildSink): Promise<void> {
  for (const { place, path, content } of deps.machine.settings) {
    const file = join(place === "home" ? folders.homeFolder : dirname(folders.folder), path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
  if (spec.dependencies === null) return void (await mkdir(folders.folder, { recursive: true }));
  const startedAt = deps.clock.now();
  sink.start("dependencies", "Copying them for the build");
  // Private files, not links to shared ones: a build step may change what lies there in place.
  await deps.prepared.layOut(spec.dependencies, folders.folder);
  sink.end("dependencies", deps.clock.now() - startedAt);
}

function makePlace(
  spec: PlaceSpec,
  folders: StepFolders,
  toolbox: Toolbox,
  deps: HostWorkshopDeps,
  signal: AbortSignal,
): Place {
  const { clock, random, images } = deps;
  const { folder, caches } = folders;
  return {
    write: (source, entries) => writeSource(source, entries, folder, signal),
    async run(step, line, mask) {
      for (const cache of cacheFoldersOf(step.caches, caches)) await mkdir(cache, { recursive: true });
      const env = makeStepEnv(step, folders, spec.programs, toolbox, deps.machine, spec.env);
      const wrapped = step.network ? [] : await deps.noNetwork();
      const marker = Buffer.from(random.bytes(12)).toString("hex");
      const argv = [...wrapped, ...makeArgv(step.command, env)];
      await bringFolderCaches(step, folder, caches.service);
      try {
        const result = await runProcess(
          { argv, cwd: folder, env, timeoutMs: step.timeoutMs, marker, mask },
          line,
          signal,
          clock,
        );
        const isWhole = !result.timedOut && result.signal === null;
        if (isWhole) await keepFolderCaches(step, folder, caches.service, images);
        // What starts the program says so in the shell's way.
        const saysNotFound = /: exec: .*(not found|Permission denied)$/.test(result.lines.at(-1) ?? "");
        return { ...result, notFound: result.notFound || (wrapped.length > 0 && saysNotFound) };
      } finally {
        await dropFolderCaches(step, folder, images);
      }
    },
    collect: async () => ({ folder, removed: null }),
  };
}
