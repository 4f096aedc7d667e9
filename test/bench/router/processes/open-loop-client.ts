// Sends requests at fixed times over raw keep-alive connections, and tells when each was due, sent and answered: node open-loop-client.ts <plan>
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { readPlan, tellParent } from "../../support/programs.ts";
import { machineNow } from "../machine-clock.ts";
import type { OpenLoopPlan, OpenLoopResult } from "../open-loop.ts";
import { readAnswer } from "../read-answer.ts";

/** Between two looks at what is due: a timer of Node's would be late by up to a millisecond, and looking all the time would take a core from those who are measured. */
const restMs = 0.1;
const answerDeadlineMs = 60_000;
const reopenMs = 50;
const pauseBeforeMs = 100;

const plan = readPlan<OpenLoopPlan>();
const request = Buffer.from(`GET / HTTP/1.1\r\nHost: ${plan.host}\r\n\r\n`);
const due = new Float64Array(plan.requests);
const began = new Float64Array(plan.requests);
const ended = new Float64Array(plan.requests);
const answers = new Int32Array(plan.requests).fill(-1);
const texts = new Map<string, number>();
const idle: Lane[] = [];
const rest = new Int32Array(new SharedArrayBuffer(4));

let total = plan.requests;
let nextDue = 0;
let nextSent = 0;
let done = 0;

/** A connection, and the request that is on it. */
interface Lane {
  socket: Socket;
  request: number | null;
  received: string;
}

function end(index: number, text: string): void {
  let known = texts.get(text);
  if (known === undefined) {
    known = texts.size;
    texts.set(text, known);
  }
  answers[index] = known;
  ended[index] = machineNow();
  done++;
}

/** Resolves when it is open for the first time; one that is closed is opened anew. */
function openLane(): Promise<void> {
  return new Promise((resolve) => {
    const lane: Lane = { socket: connect(plan.port, "127.0.0.1"), request: null, received: "" };
    let reason = "closed";
    lane.socket.setNoDelay(true);
    lane.socket.setEncoding("latin1");
    lane.socket.on("connect", () => {
      idle.push(lane);
      resolve();
    });
    lane.socket.on("data", (text: string) => receive(lane, text));
    lane.socket.on("error", (error) => (reason = error.message));
    lane.socket.on("close", () => {
      const at = idle.indexOf(lane);
      if (at !== -1) idle.splice(at, 1);
      if (lane.request !== null) end(lane.request, `failed: ${reason}`);
      void sleep(reopenMs).then(openLane).then(resolve);
    });
  });
}

function receive(lane: Lane, text: string): void {
  lane.received += text;
  const answer = readAnswer(lane.received);
  if (answer === null || lane.request === null) return;
  end(lane.request, `${answer.status} ${answer.body}`);
  lane.request = null;
  lane.received = "";
  if (answer.closes) lane.socket.destroy();
  else idle.push(lane);
}

function send(lane: Lane): void {
  began[nextSent] = machineNow();
  lane.request = nextSent++;
  lane.socket.write(request);
}

function turn(beginAt: number): void {
  const now = machineNow();
  for (; nextDue < total && now >= beginAt + nextDue * plan.intervalMs; nextDue++)
    due[nextDue] = beginAt + nextDue * plan.intervalMs;
  while (nextSent < nextDue && idle.length > 0) send(idle.pop()!);
  const isOver = done === total || (nextDue === total && now > due[total - 1]! + answerDeadlineMs);
  if (isOver) return tell();
  Atomics.wait(rest, 0, 0, restMs);
  setImmediate(turn, beginAt);
}

function tell(): void {
  for (let index = 0; index < total; index++) if (answers[index] === -1) ended[index] = machineNow();
  const part = <Numbers extends Float64Array | Int32Array>(numbers: Numbers) =>
    numbers.slice(plan.warmUp, total) as Numbers;
  const result: OpenLoopResult = {
    due: part(due),
    began: part(began),
    ended: part(ended),
    answers: part(answers),
    texts: [...texts.keys()],
  };
  tellParent(result);
}

process.on("message", () => (total = nextDue));
await Promise.all(Array.from({ length: plan.connections }, openLane));
await sleep(pauseBeforeMs);
turn(machineNow());
