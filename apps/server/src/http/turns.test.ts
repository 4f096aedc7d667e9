import { createServer, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { makeTurns } from "./turns.ts";

/** A server that answers when the test says so, and a bare connection to it. */
async function open() {
  const taken: { url: string; response: ServerResponse }[] = [];
  const inTurn = makeTurns();
  const server = createServer((request, response) =>
    inTurn(request, response, () => taken.push({ url: request.url ?? "", response })),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  onTestFinished(() => {
    socket.destroy();
    server.closeAllConnections();
    server.close();
  });
  let text = "";
  socket.setEncoding("latin1").on("data", (part: string) => (text += part));
  socket.on("error", () => undefined);
  return { taken, socket, text: () => text };
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

async function until(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error("It did not happen in time.");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once("close", () => resolve()));
}

it("takes requests that come at once one after the other, in their order", async () => {
  const { taken, socket, text } = await open();
  socket.write(get("/1") + get("/2") + get("/3"));
  for (const [index, path] of ["/1", "/2", "/3"].entries()) {
    await until(() => taken.length > index);
    expect(taken.map(({ url }) => url)).toEqual(["/1", "/2", "/3"].slice(0, index + 1));
    taken[index]!.response.end(`[${path}]`);
    await until(() => text().includes(`[${path}]`));
  }
  socket.write(get("/4"));
  await until(() => taken.length === 4);
});

it("takes none any more of a client that has gone", async () => {
  const { taken, socket } = await open();
  socket.write(get("/1") + get("/2"));
  await until(() => taken.length === 1);
  const gone = closed(taken[0]!.response.socket!);
  socket.destroy();
  await gone;
  await new Promise((resolve) => setImmediate(resolve));
  expect(taken).toHaveLength(1);
});

it("closes the connection of who sends on and on and waits for no answer", async () => {
  const { taken, socket } = await open();
  socket.write(get("/").repeat(500));
  await closed(socket);
  expect(taken).toHaveLength(1);
});
