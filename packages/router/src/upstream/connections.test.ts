import type { ServerResponse } from "node:http";
import { expect, it } from "vitest";
import { ask } from "../support/request.ts";
import { closedPort, startInstance, startRouter, until } from "../support/servers.ts";

/** More than are opened at once. */
const many = 200;

const askOften = (port: number, method = "GET") => Array.from({ length: many }, () => ask({ port, method }));

it("reaches an instance with many requests at once that it answers late", async () => {
  const held: ServerResponse[] = [];
  const instance = await startInstance((_, res) => void held.push(res));
  const { port, router } = await startRouter([{ id: "web", ports: [instance.port] }]);
  const answers = askOften(port);
  await until(() => held.length === many, "all of them are there");
  for (const res of held) res.end("late");
  expect((await Promise.all(answers)).filter(({ body }) => body === "late")).toHaveLength(many);
  expect(router.load().get("web")?.inFlight).toBe(0);
});

it("answers many at once also by connections that carry one request each", async () => {
  const instance = await startInstance((_, res) => res.writeHead(200, { connection: "close" }).end("once"));
  const { port } = await startRouter([{ id: "web", ports: [instance.port] }]);
  const answers = await Promise.all([...askOften(port), ...askOften(port, "POST")]);
  expect(answers.filter(({ body }) => body === "once")).toHaveLength(2 * many);
});

it("tells all of them that nobody takes connections", async () => {
  const { port } = await startRouter([{ id: "web", ports: [await closedPort()] }]);
  const answers = await Promise.all(askOften(port));
  expect(answers.filter(({ status }) => status === 502)).toHaveLength(many);
});

it("does not send a request whose client has left while it waited for a connection", async () => {
  const held: ServerResponse[] = [];
  const instance = await startInstance((_, res) => void held.push(res));
  const { port, router } = await startRouter([{ id: "web", ports: [instance.port] }]);
  const left = new AbortController();
  const gone = Array.from({ length: many }, () => fetch(`http://127.0.0.1:${port}/`, { signal: left.signal }));
  left.abort();
  await Promise.allSettled(gone);
  await until(() => (router.load().get("web")?.inFlight ?? 0) === 0, "none is counted");
  const answer = ask({ port });
  await until(() => held.some(({ destroyed }) => !destroyed), "the next one is there");
  for (const res of held) res.end("next");
  expect((await answer).body).toBe("next");
});
