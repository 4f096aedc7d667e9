import { createServer, type RequestListener, type Server } from "node:http";
import { afterEach, expect, it } from "vitest";
import { listen } from "./listen.ts";

const address = "127.0.0.1";
const servers: Server[] = [];
afterEach(() => servers.splice(0).forEach((server) => server.close()));

function makeServer(answer: RequestListener): Server {
  const server = createServer(answer);
  servers.push(server);
  return server;
}

/** What is said to whom wants the port of a server that answers like this. */
async function refusal(answer: RequestListener): Promise<string> {
  const port = await listen(makeServer(answer), { port: 0, listen: address });
  const second = listen(makeServer(answer), { port, listen: address });
  return await second.then(
    () => "",
    (error: Error) => error.message.replace(`${port}`, "4000"),
  );
}

it("tells a port that another Berth has from one that some program has", async () => {
  const berth = await refusal((_, response) =>
    response.writeHead(401, { "www-authenticate": 'Bearer realm="berth"' }).end(),
  );
  expect(berth).toBe("A Berth server is running on port 4000 already.");
  const other = await refusal((_, response) => response.end("hello"));
  expect(other).toBe("Port 4000 on 127.0.0.1 is in use by another program.");
});

it("says which setting is wrong where the address is not the machine's", async () => {
  await expect(
    listen(
      makeServer(() => undefined),
      { port: 0, listen: "192.0.2.1" },
    ),
  ).rejects.toMatchObject({
    path: "BERTH_LISTEN",
  });
});
