import type { RefusalReason } from "../refusals.ts";

const reasons: readonly (readonly [RegExp, RefusalReason])[] = [
  [/^HPE_HEADER_OVERFLOW$/, "headers-too-large"],
  [/^ERR_HTTP_REQUEST_TIMEOUT$/, "headers-too-slow"],
  [/^HPE_CHUNK_EXTENSIONS_OVERFLOW$/, "bad-chunk"],
  [/^HPE_INVALID_CHUNK_SIZE$/, "bad-chunk"],
  [/^HPE_(?:INVALID|UNEXPECTED)_CONTENT_LENGTH$/, "bad-length"],
  [/^HPE_INVALID_TRANSFER_ENCODING$/, "bad-coding"],
  [/^HPE_INVALID_VERSION$/, "bad-version"],
  [/^HPE_INVALID_URL$/, "bad-target"],
  // Neither one that closed within its request was refused, nor what came after a last one.
  [/^HPE_(?!INVALID_EOF_STATE|CLOSED_CONNECTION)/, "malformed"],
];

/** Why node:http's parser refuses what a client sends; null where it is no fault of what was sent. `packet` is where it stopped. */
export function parseFault(error: Error, packet: Buffer | undefined, maxBytes: number): RefusalReason | null {
  const found = reasons.find(([code]) => "code" in error && typeof error.code === "string" && code.test(error.code));
  const reason = found?.[1] ?? null;
  if (reason === "headers-too-large" && packet !== undefined && isWithinTarget(packet, maxBytes)) return "url-too-long";
  return reason;
}

/** Whether a packet is the beginning of a request whose first line alone is too long. */
function isWithinTarget(packet: Buffer, maxBytes: number): boolean {
  const end = packet.indexOf(10);
  return /^[A-Z]{3,} /.test(packet.toString("latin1", 0, 32)) && (end === -1 || end > maxBytes);
}

const statuses: Partial<Record<RefusalReason, string>> = {
  "headers-too-large": "431 Request Header Fields Too Large",
  "url-too-long": "414 URI Too Long",
  connect: "405 Method Not Allowed",
  "headers-too-slow": "408 Request Timeout",
  "bad-version": "505 HTTP Version Not Supported",
};

/** The answer to what could not be read as a request. Nothing that was sent is in it. */
export function faultAnswer(reason: RefusalReason, meaning: string): string {
  const status = statuses[reason] ?? "400 Bad Request";
  const body = `${status}\nThis request cannot be taken: ${meaning}.\n`;
  return `HTTP/1.1 ${status}\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`;
}
