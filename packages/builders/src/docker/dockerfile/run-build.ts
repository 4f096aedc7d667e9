import type { Readable } from "node:stream";
import type { BuildFailure, BuildRequest, BuildSink } from "@berth/core";
import { BerthError } from "@berth/core";
import { refusalOf } from "@berth/docker";
import { saysDiskFull } from "../../build/hints.ts";
import { makeSecrets } from "../../build/secrets/secrets.ts";
import { packSourceArchive } from "../archive-in.ts";
import type { DockerBuilderDeps } from "../deps.ts";
import { asEngineError } from "../engine-stream.ts";
import { contextEntries } from "./context.ts";
import { dial } from "./dial.ts";
import { dockerfileFailure } from "./failure.ts";
import { makeProgress } from "./progress.ts";
import { openSession } from "./session.ts";
import { readStatus } from "./status.ts";

export interface DockerfileBuild {
  request: BuildRequest;
  dockerfile: string;
  /** The name that the image gets in the engine. */
  tag: string;
  labels: Readonly<Record<string, string>>;
  /** Cache mounts (`RUN --mount=type=cache`) of builds with another one are others. */
  cacheNamespace: string;
  timeoutMs: number;
}

export type EngineBuildResult =
  | { ok: true; /** The image's id. */ id: string; bases: Record<string, string> }
  | { ok: false; failure: BuildFailure };

/** What the engine lacks to run anything at all: no fault of the Dockerfile. */
const engineFault =
  /failed to create endpoint|address pool|failed to create (containerd )?(task|shim)|cannot allocate memory/i;

interface Message {
  id?: string;
  aux?: string | { ID?: string };
  error?: string;
}

/** Has the engine's BuildKit build a Dockerfile. The source is its context; secrets and logins go through a session and nowhere else. */
export async function runDockerfileBuild(
  { engine, clock, findLogin }: Pick<DockerBuilderDeps, "engine" | "clock" | "findLogin">,
  { request, dockerfile, tag, labels, cacheNamespace, timeoutMs }: DockerfileBuild,
  sink: BuildSink,
  signal: AbortSignal,
): Promise<EngineBuildResult> {
  const { source } = request;
  const secrets = makeSecrets(request.secrets);
  const progress = makeProgress(sink, secrets.mask, clock);
  const entries = await contextEntries(source, dockerfile);
  const done = new AbortController();
  const late = new AbortController();
  const ending = AbortSignal.any([signal, late.signal]);
  const watch = async () => {
    await clock.sleep(timeoutMs, done.signal);
    if (!done.signal.aborted) late.abort(new Error("the build took too long"));
  };
  void watch();
  // Without one BuildKit asks no registry that gives out tokens, not even for what everyone may have.
  const session = await openSession(engine, {
    secrets: request.secrets,
    findLogin: (host) => findLogin(host, ending),
  });
  let id: string | null = null;
  let error: string | null = null;
  let fault: Error | null = null;
  try {
    // The engine compares contents, not times, so that an unchanged file stays unchanged.
    const file = packSourceArchive({ source, entries, prefix: "", mtime: new Date(clock.now()), signal: ending });
    file.once("error", (thrown: Error) => (fault = thrown));
    const answer = (await dial(engine, {
      method: "POST",
      path: "/build?",
      options: {
        version: "2",
        dockerfile,
        t: tag,
        rm: true,
        forcerm: true,
        buildargs: { ...request.env, BUILDKIT_CACHE_MOUNT_NS: cacheNamespace },
        labels,
        session: session.id,
      },
      file,
      isStream: true,
      abortSignal: ending,
      statusCodes: { 200: true, 400: "bad parameter", 500: "server error" },
    })) as Readable;
    for await (const message of readMessages(answer)) {
      if (message.id === "moby.buildkit.trace" && typeof message.aux === "string")
        progress.tell(readStatus(message.aux));
      if (message.id === "moby.image.id" && typeof message.aux === "object") id = message.aux.ID ?? null;
      if (message.error !== undefined) error = message.error;
    }
  } catch (thrown) {
    signal.throwIfAborted();
    if (late.signal.aborted) return { ok: false, failure: tookTooLong(dockerfile, timeoutMs) };
    const refusal = refusalOf(thrown);
    if (refusal === null) throw fault ?? (await asEngineError(engine, thrown));
    error = refusal.message;
  } finally {
    done.abort();
    session.close();
  }
  signal.throwIfAborted();
  const failed = progress.failed();
  if (error === null && failed === null && id !== null) return { ok: true, id, bases: progress.bases() };
  if (error !== null && saysDiskFull([error])) throw diskFull(error);
  const reason = error ?? failed?.error;
  // An answer that breaks off without a word is no failure of the Dockerfile.
  if (reason === undefined) {
    throw new BerthError("engine.unreachable", "The Docker engine went away during the build.", {
      hint: "See that it runs, and deploy again.",
    });
  }
  if (engineFault.test(reason)) {
    throw new BerthError("runtime.failed", "The Docker engine could not run a step of the build.", {
      path: dockerfile,
      hint: "See what the engine's own log says, and deploy again.",
      details: [reason],
    });
  }
  return { ok: false, failure: dockerfileFailure(dockerfile, reason, failed, secrets.mask) };
}

async function* readMessages(answer: Readable): AsyncGenerator<Message> {
  let rest = "";
  for await (const chunk of answer) {
    const lines = (rest + String(chunk)).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.trim() !== "") yield JSON.parse(line);
  }
  if (rest.trim() !== "") yield JSON.parse(rest);
}

function tookTooLong(dockerfile: string, timeoutMs: number): BuildFailure {
  return {
    step: "dockerfile",
    message: `The build of ${dockerfile} was stopped after ${Math.round(timeoutMs / 1000)} s`,
    hint: "It may wait for input: a build has to end by itself.",
    exitCode: null,
    lines: [],
  };
}

function diskFull(message: string): BerthError {
  return new BerthError("disk.full", "The disk of the Docker engine is full.", {
    hint: "Free some space and push again; nothing that was live has changed.",
    details: [message],
  });
}
