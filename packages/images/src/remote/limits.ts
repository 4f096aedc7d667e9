/** How patient the client for other registries is. All have defaults that suit registries on the internet. */
export interface RemoteLimits {
  /** So long a registry may be silent before what it sends counts as stalled, in ms. */
  stallMs: number;
  /** Sending fewer bytes than this in `stallMs` is a stall too: such a transfer would never end. */
  stallBytes: number;
  /** So long a registry may think about an upload before it answers, in ms: some copy the whole blob first. */
  answerMs: number;
  /** For a manifest, a token or a list of tags from first to last byte, in ms. */
  documentMs: number;
  /** How often a request is made at most. A transfer that got further begins to count anew. */
  attempts: number;
  /** The first pause between attempts, in ms; each is twice as long as the one before. */
  pauseMs: number;
  longestPauseMs: number;
  /** A registry that wants to be left alone for longer than this, in ms, has failed. */
  longestRetryAfterMs: number;
  /** Blobs that are fetched at the same time. */
  downloads: number;
  /** Blobs that are uploaded at the same time. */
  uploads: number;
  /** The size of the pieces in which a blob is uploaded that a registry does not take whole. */
  chunkBytes: number;
  /** For a program that keeps credentials, in ms. */
  helperMs: number;
}

export const defaultLimits: RemoteLimits = {
  stallMs: 30_000,
  stallBytes: 4096,
  answerMs: 300_000,
  documentMs: 60_000,
  attempts: 5,
  pauseMs: 500,
  longestPauseMs: 15_000,
  longestRetryAfterMs: 60_000,
  downloads: 3,
  uploads: 3,
  chunkBytes: 16 * 1024 * 1024,
  helperMs: 20_000,
};
