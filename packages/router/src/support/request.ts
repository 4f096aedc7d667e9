import { type Agent, request, type IncomingHttpHeaders, type OutgoingHttpHeaders } from "node:http";

export interface Answered {
  status: number;
  headers: IncomingHttpHeaders;
  rawHeaders: string[];
  trailers: NodeJS.Dict<string>;
  body: string;
}

export interface Ask {
  port: number;
  path?: string;
  method?: string;
  host?: string;
  headers?: OutgoingHttpHeaders;
  body?: string | Buffer;
  agent?: Agent;
  /** The address of this machine that it comes from. */
  localAddress?: string;
}

/** Asks the router for `shop.localhost` with Node's own client and reads the whole answer. */
export function ask({
  port,
  path = "/",
  method = "GET",
  host = "shop.localhost:4000",
  headers = {},
  body,
  agent,
  localAddress,
}: Ask): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const from = localAddress === undefined ? {} : { localAddress };
    const sender = { agent: agent ?? false, ...from };
    const options = { host: "127.0.0.1", port, path, method, ...sender, headers: { host, ...headers } };
    const sent = request(options, (res) => {
      const chunks: Buffer[] = [];
      res.on("data", (chunk: Buffer) => chunks.push(chunk));
      res.on("error", reject);
      res.on("end", () =>
        resolve({
          status: res.statusCode ?? 0,
          headers: res.headers,
          rawHeaders: res.rawHeaders,
          trailers: res.trailers,
          body: Buffer.concat(chunks).toString(),
        }),
      );
    });
    sent.on("error", reject);
    sent.end(body);
  });
}
