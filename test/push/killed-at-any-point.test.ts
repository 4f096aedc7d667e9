import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Berth, startBerth } from "../support/berth.ts";
import { makeRepository, type Repository } from "../support/repository.ts";

const kills = 10;
const server = (text: string) => `
  import { createServer } from "node:http";
  createServer((request, response) => response.end(${JSON.stringify(text)})).listen(process.env.PORT);
`;

let berth: Berth;
let repository: Repository;

beforeAll(async () => {
  berth = await startBerth();
  repository = await makeRepository(berth, "ledger", {
    "package.json": JSON.stringify({ name: "ledger", type: "module", scripts: { start: "node server.js" } }),
    "server.js": server("push 0"),
  });
});
afterAll(async () => {
  repository.remove();
  await berth.stop();
});

/** The numbers of a fixed sequence between 0 and 1, so that a run that fails can be had again. */
function* fractions(): Generator<number> {
  for (let state = 0x2545f491; ;) {
    state = Math.imul(state ^ (state >>> 15), state | 1);
    state ^= state + Math.imul(state ^ (state >>> 7), state | 61);
    yield ((state ^ (state >>> 14)) >>> 0) / 2 ** 32;
  }
}

it(`loses nothing that was acknowledged and makes nothing half-made live when it is killed in ${kills} pushes at any point`, async () => {
  const first = await repository.push();
  expect(first.output).toContain("http://ledger.localhost");
  const started = performance.now();
  repository.write({ "server.js": server("push again") });
  await repository.commit("Push again");
  await repository.push();
  const pushMs = performance.now() - started;
  let acknowledged = "push again";
  const draw = fractions();
  for (let number = 1; number <= kills; number += 1) {
    const text = `push ${number}`;
    repository.write({ "server.js": server(text) });
    const commit = await repository.commit(`Say ${text}`);
    const pushing = repository.startPush("berth", "main");
    await sleep(draw.next().value! * pushMs * 1.1);
    await berth.kill();
    const { ok } = await pushing.done;
    await berth.restart();
    const { status, body } = await berth.get("ledger.localhost");
    expect(status, `after the kill in ${text}`).toBe(200);
    const ref = (await repository.git("ls-remote", "berth", "refs/heads/main")).split("\t")[0];
    if (ok) acknowledged = text;
    expect([acknowledged, text]).toContain(body);
    expect(ref === commit, `the ref says what is live (${body})`).toBe(body === text);
    acknowledged = body;
    const environment = await berth
      .api()
      .apps[":app"].environments[":environment"].$get({ param: { app: "ledger", environment: "production" } });
    const { live, desired } = await environment.json();
    expect(desired).toBe(live);
  }
  repository.write({ "server.js": server("the end") });
  await repository.commit("End");
  expect((await repository.push()).ok).toBe(true);
  expect((await berth.get("ledger.localhost")).body).toBe("the end");
}, 240_000);
