import { request } from "node:http";
import { buffer } from "node:stream/consumers";

/** A `fetch` of small answers that asks for another host than it connects to, which Node's own does not do. */
export function makeFetchAs(host: string): (url: string, init: RequestInit) => Promise<Response> {
  return async (url, { method = "GET", headers, body, signal }) => {
    const given = Object.fromEntries(new Headers(headers));
    return await new Promise<Response>((resolve, reject) => {
      const asked = request(
        url,
        { method, headers: { ...given, host }, ...(signal != null && { signal }) },
        (answer) => {
          const status = answer.statusCode ?? 0;
          const type = answer.headers["content-type"];
          buffer(answer).then((content) => {
            const isEmpty = status === 204 || status === 304;
            const init = { status, headers: type === undefined ? {} : { "content-type": type } };
            resolve(new Response(isEmpty ? null : new Uint8Array(content), init));
          }, reject);
        },
      );
      asked.on("error", reject);
      asked.end(typeof body === "string" ? body : undefined);
    });
  };
}
