import type { IncomingMessage } from "node:http";
import {
  type Clock,
  BerthError,
  type Log,
  type RouterPort,
  type RoutingTable,
  type SlotPort,
  type SlotReport,
} from "@berth/core";
import { WebSocket } from "ws";
import { feedUrl, type RouterIdentity } from "./address.ts";
import { isSameLoad, type Loads } from "./loads.ts";
import { makeMapPatch } from "./map-patch.ts";
import {
  type FromRouter,
  readAllotment,
  readFromServer,
  readTable,
  writeLoad,
  writeRequesters,
  writeSlots,
} from "./messages.ts";
import { makeQuestions } from "./questions.ts";
import { silenceMs } from "./roster.ts";
import { applyTablePatch } from "./table-patch.ts";

export interface FeedLinkDeps extends RouterIdentity {
  /** Such as `http://127.0.0.1:4000`. */
  server: string;
  token: string;
  load: RouterPort["load"];
  requesters: RouterPort["requesters"];
  slots: SlotPort;
  /** Routes by it from now on: what was in flight before is in the load that is asked for next. */
  onTable(table: RoutingTable): void;
  onConnection(isThere: boolean): void;
  clock: Clock;
  log: Log;
}

/** A router's connection to the server, which is made again whenever it breaks. */
export interface FeedLink {
  /** Asks for a sleeping workload to be started; while the server is away, as soon as it is back. Rejects with what the server could not do. */
  wake(workload: string, by: string): Promise<void>;
  /** Asks for a release to be brought up for its permalink. False where there is none. Rejects where the server does not answer for long. */
  visit(app: string, version: number): Promise<boolean>;
  /** Tells what this router has of the slots of limited instances; while the server is away nobody, and all of it once it is back. */
  tellSlots(report: SlotReport): void;
  /** Tells the server that this router has ended. */
  close(): Promise<void>;
}

const reportEveryMs = 250;
/** So often the server hears something though nothing has changed. */
const beatMs = 1_000;
/** So often the server hears who asks for what may sleep. */
const tellRequestersMs = 30_000;
const firstRetryMs = 100;
const longestRetryMs = 1_000;
const maxTableBytes = 1024 * 1024 * 1024;

export function startFeedLink(deps: FeedLinkDeps): FeedLink {
  const { clock, log } = deps;
  const ended = new AbortController();
  const questions = makeQuestions(clock);
  let socket: WebSocket | null = null;
  let complaint = "";
  const over = keepConnected();

  async function keepConnected() {
    let retryMs = firstRetryMs;
    while (!ended.signal.aborted) {
      const was = await connect();
      if (was.worked) {
        retryMs = firstRetryMs;
        complaint = "";
      }
      if (!ended.signal.aborted) tell(was.reason);
      await clock.sleep(retryMs, ended.signal);
      retryMs = Math.min(retryMs * 2, longestRetryMs);
    }
  }

  function tell(reason: string) {
    if (reason === complaint) return;
    complaint = reason;
    log.warn({ server: deps.server }, `no connection to the server: ${reason}; serving by the last table`);
  }

  /** Resolves when the connection is over. */
  function connect(): Promise<{ worked: boolean; reason: string }> {
    // The server is found by an address, and takes routers at its domain.
    const headers = { authorization: `Bearer ${deps.token}`, host: deps.domain };
    const options = { headers, maxPayload: maxTableBytes, perMessageDeflate: false, handshakeTimeout: silenceMs };
    const next = new WebSocket(feedUrl(deps.server, deps), options);
    const gone = new AbortController();
    let table: RoutingTable | null = null;
    let told: { load: Loads; at: number } | null = null;
    let heardAt = clock.now();
    let requestersAt: number | null = null;
    let reason = "it was closed";

    const send = (message: FromRouter) => next.send(JSON.stringify(message));

    function report(isDue: boolean) {
      if (table === null || next.readyState !== WebSocket.OPEN) return;
      const now = clock.now();
      const load = deps.load();
      const changed = makeMapPatch(told?.load ?? new Map(), load, isSameLoad);
      const isQuiet = changed.set.length === 0 && changed.delete.length === 0;
      if (!isDue && isQuiet && told !== null && now - told.at < beatMs) return;
      send(writeLoad({ version: table.version, isWhole: told === null, load: changed }, now));
      told = { load, at: now };
    }

    function tellRequesters() {
      const now = clock.now();
      if (table === null || next.readyState !== WebSocket.OPEN) return;
      if (requestersAt !== null && now - requestersAt < tellRequestersMs) return;
      const requesters = deps.requesters();
      if (requesters.size === 0) return;
      requestersAt = now;
      send(writeRequesters(requesters, now));
    }

    function route(received: RoutingTable) {
      const isFirst = table === null;
      table = received;
      deps.onTable(received);
      report(true);
      if (!isFirst) return;
      socket = next;
      send(writeSlots(deps.slots.slots()));
      deps.onConnection(true);
      for (const question of questions.open()) send(question);
    }

    function take(text: string) {
      const message = readFromServer(text);
      if (message.kind === "answer") return questions.answer(message);
      if (message.kind === "slots") return deps.slots.allot(readAllotment(message));
      if (message.kind === "table") return route(readTable(message.table));
      const patched = table === null ? null : applyTablePatch(table, message.patch);
      if (patched === null) send({ kind: "resync" });
      else route(patched);
    }

    async function giveUp(answer: IncomingMessage) {
      reason = await refusalOf(answer);
      next.terminate();
    }

    async function beat() {
      while (!gone.signal.aborted) {
        await clock.sleep(reportEveryMs, gone.signal);
        if (gone.signal.aborted) return;
        report(false);
        tellRequesters();
        if (clock.now() - heardAt < silenceMs) continue;
        reason = `it was silent for ${silenceMs / 1000} s`;
        next.terminate();
      }
    }

    return new Promise((resolve) => {
      next.on("ping", () => {
        heardAt = clock.now();
      });
      next.on("message", (data) => {
        heardAt = clock.now();
        try {
          take(String(data));
        } catch (error) {
          log.error({ err: error }, "the server says what this router does not understand");
          next.close(1008, "not understood");
        }
      });
      next.on("unexpected-response", (_, answer) => void giveUp(answer));
      next.on("error", (error) => {
        if (reason === "it was closed") reason = error.message;
      });
      next.on("close", () => {
        gone.abort();
        if (socket === next) {
          socket = null;
          deps.onConnection(false);
        }
        resolve({ worked: table !== null, reason });
      });
      const stop = () => {
        if (next.readyState === WebSocket.OPEN) next.close(1000);
        else next.terminate();
      };
      ended.signal.addEventListener("abort", stop, { once: true });
      gone.signal.addEventListener("abort", () => ended.signal.removeEventListener("abort", stop));
      if (ended.signal.aborted) stop();
      void beat();
    });
  }

  const say = (message: FromRouter) => socket?.send(JSON.stringify(message));
  const ask = (what: Parameters<typeof questions.ask>[0]) => questions.ask(what, say);

  return {
    async wake(workload, by) {
      await ask({ kind: "wake", workload, by });
    },
    tellSlots: (report) => say(writeSlots(report)),
    visit: (app, version) => ask({ kind: "visit", app, version }),
    async close() {
      ended.abort();
      questions.close(new BerthError("server.unreachable", "The router is being shut down."));
      await over;
    },
  };
}

/** What a server says that does not take the connection. */
async function refusalOf(answer: IncomingMessage): Promise<string> {
  let text = "";
  for await (const part of answer.setEncoding("utf8")) text += String(part).slice(0, 1_000 - text.length);
  return `it answers ${answer.statusCode}${text === "" ? "" : `: ${text.trim().replace(/\.$/, "")}`}`;
}
