/** Why a request has no answer that could be passed on, or not all of it. */
export type FaultKind =
  /** It was not sent: it is none that an instance could be given as it is. */
  | "not-passed-on"
  /** The instance took no connection. */
  | "unreached"
  /** It closed the connection before its answer had ended. */
  | "closed"
  /** It took too long to begin its answer, or to take more of the request. */
  | "late"
  /** The headers or trailers of its answer are too large. */
  | "too-large"
  /** What it sent is not HTTP/1.1 as RFC 9112 writes it. */
  | "not-http"
  /** Where its answer ends cannot be told for sure. */
  | "ambiguous";

/** What went wrong between the router and an instance. */
export class UpstreamFault extends Error {
  override readonly name = "UpstreamFault";
  readonly kind: FaultKind;

  constructor(kind: FaultKind, cause?: Error) {
    super(`The exchange with an instance failed: ${kind}.`, cause === undefined ? {} : { cause });
    this.kind = kind;
  }
}
