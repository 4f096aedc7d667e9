import type { Secrets } from "./secrets.ts";

/** A secret was found in what was about to be kept. */
export class SecretFound extends Error {
  readonly secret: string;

  constructor(secret: string) {
    super(`the value of the secret ${secret} is in it`);
    this.secret = secret;
  }
}

/** Passes a stream on, and throws `SecretFound` as soon as a secret is in it, so that who keeps it never sees its end. */
export async function* watchForSecrets(
  chunks: AsyncIterable<Uint8Array>,
  secrets: Secrets,
): AsyncGenerator<Uint8Array> {
  const overlap = Math.max(0, ...secrets.forms.map(({ bytes }) => bytes.length)) - 1;
  let before: Uint8Array = new Uint8Array();
  for await (const chunk of chunks) {
    if (overlap > 0) {
      const seen = Buffer.concat([before, chunk]);
      const found = secrets.forms.find(({ bytes }) => seen.includes(bytes));
      if (found !== undefined) throw new SecretFound(found.name);
      // A value may lie across the border of two chunks.
      before = seen.subarray(Math.max(0, seen.length - overlap));
    }
    yield chunk;
  }
}
