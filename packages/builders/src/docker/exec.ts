import { Writable } from "node:stream";
import type { Clock } from "@berth/core";
import { refusalOf } from "@berth/docker";
import type { Engine } from "@berth/docker";
import type { StepResult } from "../build/executor.ts";
import { makeOutput } from "../build/output/lines.ts";
import type { LineReader } from "../build/output/lines.ts";

export interface ExecSpec {
  container: string;
  argv: readonly string[];
  env: Readonly<Record<string, string>>;
  cwd: string;
  timeoutMs: number;
  mask?: (text: string) => string;
}

/** What the engine says where a program is not there or cannot be run. */
const notStarted = /executable file not found|no such file or directory|permission denied|exec format error/i;

/**
 * Runs a program in a container. An engine has no way to end it, so where it takes too long or the signal aborts the whole container is
 * killed; then it throws the signal's reason.
 */
export async function runInContainer(
  engine: Engine,
  spec: ExecSpec,
  line: (text: string) => void,
  signal: AbortSignal,
  clock: Clock,
): Promise<StepResult> {
  signal.throwIfAborted();
  const output = makeOutput(line, spec.mask);
  const done = new AbortController();
  let timedOut = false;
  const kill = () => {
    // It may have ended by itself meanwhile.
    engine.ask((docker) => docker.getContainer(spec.container).kill()).catch(() => {});
  };
  signal.addEventListener("abort", kill, { once: true });
  const watch = async () => {
    await clock.sleep(spec.timeoutMs, done.signal);
    timedOut = !done.signal.aborted;
    if (timedOut) kill();
  };
  void watch();
  try {
    const id = await createExec(engine, spec);
    const refused = await follow(engine, id, output.reader(), output.reader());
    signal.throwIfAborted();
    if (timedOut) return { exitCode: null, signal: null, timedOut, notFound: false, lines: output.last() };
    if (refused !== null) return notFound([refused]);
    const { ExitCode } = await engine.ask((docker) => docker.getExec(id).inspect());
    const lines = output.last();
    const last = lines.at(-1) ?? "";
    if ((ExitCode === 126 || ExitCode === 127) && last.startsWith("OCI runtime exec failed") && notStarted.test(last)) {
      return notFound(lines);
    }
    return { exitCode: ExitCode, signal: null, timedOut: false, notFound: false, lines };
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    done.abort();
    signal.removeEventListener("abort", kill);
  }
}

function notFound(lines: readonly string[]): StepResult {
  return { exitCode: null, signal: null, timedOut: false, notFound: true, lines };
}

async function createExec(engine: Engine, { container, argv, env, cwd }: ExecSpec): Promise<string> {
  const Env = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const options = { Cmd: [...argv], Env, WorkingDir: cwd, User: "0:0", AttachStdout: true, AttachStderr: true };
  return (await engine.ask((docker) => docker.getContainer(container).exec(options))).id;
}

/** Follows what a program prints to its end; what the engine says where it refuses to start it, else null. */
async function follow(engine: Engine, id: string, stdout: LineReader, stderr: LineReader): Promise<string | null> {
  try {
    await engine.ask(async (docker) => {
      const stream = await docker.getExec(id).start({ hijack: true, stdin: false });
      docker.modem.demuxStream(stream, sinkTo(stdout), sinkTo(stderr));
      await new Promise<void>((resolve, reject) => {
        stream.once("end", resolve);
        stream.once("close", resolve);
        stream.once("error", reject);
      });
    });
    return null;
  } catch (error) {
    const message = refusalOf(error)?.message;
    if (message === undefined || !notStarted.test(message)) throw error;
    return message;
  } finally {
    stdout.end();
    stderr.end();
  }
}

function sinkTo(reader: LineReader): Writable {
  return new Writable({
    write(chunk: Buffer, _, done) {
      reader.write(chunk);
      done();
    },
  });
}
