/**
 * Why the router does not pass a request on, or not to its end: every reason there is, with what it means. The codes of its answers
 * (`router.<reason>`), its counters and the documentation have them from here.
 */
export const refusalReasons = {
  malformed: "what was sent is not HTTP",
  "bad-version": "neither HTTP/1.0, HTTP/1.1 nor HTTP/2",
  "bad-target": "the target is neither a path nor an address of the host that it names",
  "bad-host": "the Host header is missing, is there twice, or is not a host",
  "bad-length": "a Content-Length that is no number, or there twice",
  "length-and-coding": "both a Content-Length and a Transfer-Encoding",
  "bad-coding": "a Transfer-Encoding other than chunked, or in HTTP/1.0",
  "bad-chunk": "a chunk whose size, extension or end is not valid",
  "bad-header": "a header that cannot be passed on as it is",
  connect: "CONNECT: this is no open proxy",
  expectation: "an Expect header other than 100-continue",
  "url-too-long": "the target is longer than the limit",
  "headers-too-large": "the headers are larger than the limit",
  "too-many-headers": "there are more headers than the limit",
  "headers-too-slow": "the headers did not arrive in time",
  "body-too-slow": "nothing of the body arrived for too long",
  "body-too-large": "the body is larger than the app takes",
  "answer-too-slow": "the client took nothing of its answer for too long",
  "too-many-connections": "all connections that the router takes were open",
  "too-many-client-connections": "all connections that one client may have were open",
  "too-many-in-flight": "all requests that a service may have at once were under way",
  "bad-proxy-header": "a trusted proxy did not begin with a valid PROXY header",
  "bad-session": "an HTTP/2 connection that broke its rules, or reset too many streams",
  "unknown-host": "no app is served at the host",
  unread: "what the environment serves is not known since the server's start",
  empty: "nothing was deployed to the environment",
  "no-routes": "no service of the release has routes",
  "release-gone": "the release of the permalink is gone",
  shared: "a link of a protected environment: the client has its cookie, and is sent to the address without it",
  "share-missing": "the environment is protected, and the client shows no link",
  "share-expired": "the environment is protected, and the link's time is over",
  "share-wrong": "the environment is protected, and the link is of another, was taken back, or was made up",
  "no-route": "no service has a route for the path",
  "no-neighbour": "the live release has no such service",
  failed: "the service does not start",
  "wake-failed": "the service could not be woken",
  "still-starting": "no instance was ready in time",
  busy: "no instance had room for the request in time",
  "turns-too-often": "the service was started several times within some minutes, and did not stay",
  "too-many-waiting": "too many requests wait for the service",
  "bad-gateway": "the instance did not answer, or not with HTTP",
  "no-answer-in-time": "the instance did not begin to answer in time",
  closing: "the router is being shut down",
} as const;

export type RefusalReason = keyof typeof refusalReasons;

/** How often each reason was met since the start. */
export class RefusalCounts {
  readonly #counts = new Map<RefusalReason, number>();

  count(reason: RefusalReason): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
  }

  of(reason: RefusalReason): number {
    return this.#counts.get(reason) ?? 0;
  }

  /** Those that were met. */
  all(): ReadonlyMap<RefusalReason, number> {
    return this.#counts;
  }
}
