/** The codes of the distribution spec (and `UNAVAILABLE`, `UNKNOWN` of the first registry, for what is not the client's fault), with the status each has by default. */
export const registryStatus = {
  BLOB_UNKNOWN: 404,
  BLOB_UPLOAD_INVALID: 400,
  BLOB_UPLOAD_UNKNOWN: 404,
  DENIED: 403,
  DIGEST_INVALID: 400,
  MANIFEST_BLOB_UNKNOWN: 404,
  MANIFEST_INVALID: 400,
  MANIFEST_UNKNOWN: 404,
  NAME_INVALID: 400,
  NAME_UNKNOWN: 404,
  SIZE_INVALID: 400,
  TOOMANYREQUESTS: 429,
  UNAUTHORIZED: 401,
  UNAVAILABLE: 503,
  UNKNOWN: 500,
  UNSUPPORTED: 405,
} as const satisfies Record<string, number>;

export type RegistryCode = keyof typeof registryStatus;

export interface RegistryErrorOptions {
  /** Where another status than the code's own says more. */
  status?: number;
  headers?: Readonly<Record<string, string>>;
  /** What it concerns: a digest, a tag, a name. */
  detail?: string;
  cause?: unknown;
}

/** An error as clients of registries know them. The message is one or two sentences: clients show nothing else. */
export class RegistryError extends Error {
  readonly code: RegistryCode;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly detail: string | undefined;

  constructor(code: RegistryCode, message: string, options: RegistryErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "RegistryError";
    this.code = code;
    this.status = options.status ?? registryStatus[code];
    this.headers = options.headers ?? {};
    this.detail = options.detail;
  }
}
