import { usageError } from "./usage-error.ts";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Bytes as text. Throws `input.invalid` for what is none, rather than change it. */
export function decodeText(bytes: Uint8Array, what: string): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw usageError(`${what} is no text in UTF-8.`, "Bytes of any kind fit in as base64: base64 -w0 < file");
  }
}
