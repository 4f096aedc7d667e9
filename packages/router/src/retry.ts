/** What has come of sending a request, when it has failed. */
export interface FailedAttempt {
  /** How often it was sent, this time among them. */
  attempts: number;
  method: string;
  /** The instance has got some of it. */
  wasSent: boolean;
  /** The first byte of an answer has come. */
  wasHeard: boolean;
  /** Some of its body was read, which cannot be read again. */
  hasBodyTaken: boolean;
  /** It did not come in time. */
  isLate: boolean;
}

/** Those that may be sent twice (RFC 9110, 9.2.2). */
const repeatable = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);
/** So often what never was sent is tried, at one instance after the other. */
const maxAttempts = 3;

/** Whether a request with this method may be sent twice. */
export function isRepeatable(method: string): boolean {
  return repeatable.has(method);
}

/**
 * Whether a request may be sent again: what never was sent, and what may be repeated and was not answered with a single byte. That once, for it may be
 * the request that an instance dies of; and not where its answer did not come in time.
 */
export function maySendAgain(failed: FailedAttempt): boolean {
  if (failed.hasBodyTaken || failed.attempts >= maxAttempts) return false;
  if (!failed.wasSent) return true;
  return failed.attempts === 1 && !failed.wasHeard && !failed.isLate && isRepeatable(failed.method);
}
