import { type IncomingMessage, request } from "node:http";
import { buffer } from "node:stream/consumers";

/** A `fetch` of small answers that asks for another host than it connects to, which Node's own does not do. */
export function makeFetchAs(host: string): (url: string, init: RequestInit) => Promise<Response> {
  return async (url, { method = "GET", headers, body, signal }) => {
    const given = { ...Object.fromEntries(new Headers(headers)), host };
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const asked = request(url, { method, headers: given, ...(signal != null && { signal }) }, resolve);
      asked.on("error", reject);
      asked.end(typeof body === "string" ? body : undefined);
    });
    const content = new Uint8Array(await buffer(answer));
    const type = answer.headers["content-type"];
    const init = { status: answer.statusCode ?? 0, headers: type === undefined ? {} : { "content-type": type } };
    return new Response(content.length === 0 ? null : content, init);
  };
}
