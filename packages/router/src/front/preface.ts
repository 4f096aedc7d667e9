/** What an HTTP/2 client says first (RFC 9113, 3.4). No HTTP/1 request begins like this. */
const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** Which protocol a connection begins with; null while its first bytes may be either. */
export function protocolOfBytes(bytes: Buffer): "http1" | "http2" | null {
  const shown = bytes.subarray(0, preface.length);
  if (!shown.equals(preface.subarray(0, shown.length))) return "http1";
  return shown.length < preface.length ? null : "http2";
}
