import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { finished, pipeline } from "node:stream/promises";
import { BerthError, type Log } from "@berth/core";
import { exitOf, type Git, type GitChild } from "../git-process.ts";
import { packet, flushPacket } from "../pkt-line.ts";
import { uncached } from "./answer.ts";
import { bodyStages } from "./body.ts";
import { gitProtocol, type Service } from "./request.ts";

const keptStderr = 8 * 1024;

export interface CallDeps {
  git: Git;
  log: Log;
}

export interface Call {
  service: Service;
  repository: string;
  request: IncomingMessage;
  response: ServerResponse;
}

/** Answers with the refs of the repository: with what git is known to say (`ready`), or by asking it. */
export async function advertise({ git, log }: CallDeps, call: Call, ready: string | null = null): Promise<void> {
  const protocol = gitProtocol(call.request.headers["git-protocol"]);
  // Version 1 begins with a line of its own; to a push version 2 says the same as none.
  if (ready !== null && !/(^|:)version=1(:|$)/.test(protocol ?? "")) return sendReady(call, ready);
  const child = git.spawn(
    [commandOf(call.service), "--stateless-rpc", "--http-backend-info-refs", call.repository],
    protocolEnv(protocol),
  );
  child.stdin.on("error", () => undefined);
  child.stdin.end();
  // Version 2 has no list of refs here, and no line that says whose it is.
  const isBare = call.service === "git-upload-pack" && /(^|:)version=2(:|$)/.test(protocol ?? "");
  const head = isBare ? null : Buffer.concat([packet(`# service=${call.service}\n`), flushPacket]);
  await respond(log, call, child, "advertisement", head);
}

function sendReady({ service, response }: Call, text: string): void {
  const body = Buffer.concat([packet(`# service=${service}\n`), flushPacket, Buffer.from(text)]);
  response.writeHead(200, {
    "Content-Type": `application/x-${service}-advertisement`,
    "Content-Length": body.length,
    ...uncached,
  });
  response.end(body);
}

/** Hands the request's body to git and git's answer back, both while they come. `onSocket` gets the socket that hooks inherit. */
export async function callService(
  { git, log }: CallDeps,
  call: Call,
  options: { maxBytes: number; onSocket?: (socket: Duplex) => void },
): Promise<void> {
  const { service, repository, request } = call;
  const expected = `application/x-${service}-request`;
  // No page of another site can send this type without asking first.
  if (request.headers["content-type"] !== expected) {
    throw new BerthError("input.invalid", `The content type must be ${expected}.`);
  }
  const stages = bodyStages(request, options.maxBytes);
  const child = git.spawn([commandOf(service), "--stateless-rpc", repository], {
    ...protocolEnv(gitProtocol(request.headers["git-protocol"])),
    hasSocket: options.onSocket !== undefined,
  });
  const socket = child.stdio[3] as Duplex | undefined;
  if (socket) options.onSocket?.(socket);
  const sent = pipeline([...stages, child.stdin]).catch((error: unknown) => {
    // Git may end before it has read all, with an answer that says why; what still comes is for nobody.
    if (error instanceof BerthError) child.kill();
    request.resume();
  });
  try {
    await respond(log, call, child, "result", null);
  } finally {
    socket?.destroy();
    child.stdin.destroy();
    await sent;
  }
}

/** Sends git's output. The status waits for its first byte, so that a git that fails at once is an error and not half an answer. */
async function respond(
  log: Log,
  { service, repository, response }: Call,
  child: GitChild,
  kind: "advertisement" | "result",
  head: Buffer | null,
): Promise<void> {
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr = (stderr + text).slice(-keptStderr)));
  const exit = exitOf(child);
  exit.catch(() => undefined);
  // Whoever asked has gone: git need not go on. A deploy that it began does.
  const leave = () => child.kill();
  response.once("close", leave);
  try {
    const first = await firstChunk(child);
    if (first === null) {
      const code = await exit;
      if (code !== 0) throw new BerthError("git.failed", `${service} ended with ${code ?? "a signal"}.`);
    }
    response.writeHead(200, { "Content-Type": `application/x-${service}-${kind}`, ...uncached });
    if (head !== null) response.write(head);
    if (first !== null) child.stdout.unshift(first);
    await pipeline(child.stdout, response);
    const code = await exit;
    if (code !== 0) log.warn({ service, repository, code, stderr }, "git ended with an error");
  } catch (error) {
    if (!response.destroyed) log.warn({ service, repository, stderr, err: error }, "git failed");
    child.kill();
    throw error;
  } finally {
    response.off("close", leave);
  }
}

async function firstChunk({ stdout }: GitChild): Promise<Buffer | null> {
  const ended = finished(stdout, { writable: false }).catch(() => undefined);
  await Promise.race([new Promise((resolve) => stdout.once("readable", resolve)), ended]);
  return stdout.read() as Buffer | null;
}

function commandOf(service: Service): string {
  return service.slice("git-".length);
}

function protocolEnv(protocol: string | undefined): { env?: Record<string, string> } {
  return protocol === undefined ? {} : { env: { GIT_PROTOCOL: protocol } };
}
