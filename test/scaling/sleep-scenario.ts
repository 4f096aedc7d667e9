import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { makePerson } from "../cli/cli.ts";
import { type Berth, getAt } from "../support/berth.ts";
import { makeRepository } from "../support/repository.ts";
import { until } from "../support/until.ts";
import { busyApp } from "./busy-app.ts";
import { openSocket } from "./open-socket.ts";

const atOnce = 200;
/** With an autoscaler of `hasty-server.ts`, what nobody asks for is gone before. */
const longAfterIdleMs = 6_000;
const services = `
  web:
    command: node server.js
    resources: { cpu: 50m, memory: 128Mi }
    scale: { min: 0, max: 3, concurrency: 250, idle: 2s }
`;

/** From zero and back, again and again, and not while somebody is there. `count` says how many instances the machine, engine or cluster has. Returns what woke it, one after the other. */
export async function followSleep(berth: Berth, app: string, count: () => Promise<number>): Promise<string[]> {
  const host = `${app}.localhost`;
  const scope = { app, environment: "production" };
  const person = makePerson(berth);
  const repository = await makeRepository(berth, app, busyApp(app, services));
  const wakes = async () => {
    const route = berth.api().apps[":app"].environments[":environment"].wakes;
    return (await (await route.$get({ param: scope, query: { service: "web" } })).json()).items;
  };
  const untilAsleep = () =>
    until(
      "it sleeps",
      async () => (await berth.status(app)).services[0]!.replicas === 0 && (await count()) === 0,
      60_000,
    );
  const who = async () => (await berth.get(host, "/who")).body;

  try {
    await repository.deploy();
    await untilAsleep();

    // Many at once: one start, and all are answered by what was started.
    const before = (await wakes()).length;
    const door = { address: "127.0.0.1", port: berth.port, agent: new Agent({ maxSockets: atOnce }) };
    const answers = await Promise.all(Array.from({ length: atOnce }, () => getAt(door, host, "/who")));
    door.agent.destroy();
    expect(new Set(answers.map(({ status, body }) => `${status} ${body}`)).size).toBe(1);
    const [first] = answers;
    expect(first!.status).toBe(200);
    expect(first!.headers["server-timing"]).toMatch(
      /^wake;dur=\d+(, wake-(queue|schedule|pull|create|start|ready);dur=\d+)+$/,
    );
    expect(await count()).toBe(1);
    await until("it is kept", async () => (await wakes()).length > before);
    const [wake, ...others] = await wakes();
    expect(others).toHaveLength(before);
    expect(wake).toMatchObject({ state: "succeeded", cause: { kind: "request" } });
    expect(wake!.phases.map(({ phase }) => phase)).toEqual(expect.arrayContaining(["queue", "create", "ready"]));
    expect(wake!.phases.reduce((sum, { durationMs }) => sum + durationMs, 0)).toBe(wake!.endedAt! - wake!.startedAt);
    expect((await person.berth(["status", "--app", app])).out).toMatch(/\n {2}wake {4}web: p50 .*\(queue .*lately/);
    await untilAsleep();

    // Somebody is there: first one who reads a stream, then one who has a WebSocket.
    const asked = request({ host: "127.0.0.1", port: berth.port, path: "/stream", headers: { host } }).end();
    asked.on("error", () => undefined);
    const [stream] = (await once(asked, "response")) as [IncomingMessage];
    stream.on("error", () => undefined);
    expect(String((await once(stream, "data"))[0])).toBe("begun");
    const awake = await who();
    await sleep(longAfterIdleMs);
    const socket = await openSocket(berth.port, host);
    expect(await who()).toBe(awake);
    asked.destroy();
    await sleep(longAfterIdleMs);
    socket.write("there?");
    expect(String((await once(socket, "data"))[0])).toBe("there?");
    expect(await who()).toBe(awake);
    socket.destroy();
    await untilAsleep();

    const woken = await person.berth(["wake", "--app", app]);
    expect(woken).toMatchObject({ code: 0, out: expect.stringMatching(/^✓ web is awake after /) });
    expect(woken.err).toMatch(/^queue +web {2}asked for an instance[^]*\nready +web {2}it is healthy/);
    expect(await count()).toBe(1);
    await untilAsleep();
    return (await wakes()).map(({ cause }) => cause.kind).toReversed();
  } finally {
    repository.remove();
    person.remove();
  }
}
