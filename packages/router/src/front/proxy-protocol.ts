import { isIPv4, isIPv6, SocketAddress } from "node:net";

/** Whom a proxy speaks for. */
export interface ProxiedPeer {
  /** In its shortest form, without a zone. */
  address: string;
  /** The port that the client asked at. */
  localPort: number;
}

export type ProxyHeader =
  /** It may be one; the rest has not arrived. */
  | { kind: "more" }
  | { kind: "fault" }
  /** `peer` is null where the proxy speaks for itself, as with its health checks. */
  | { kind: "header"; bytes: number; peer: ProxiedPeer | null };

const signature = Buffer.from("0d0a0d0a000d0a515549540a", "hex");
const fixedBytes = 16;
/** Addresses, and extensions such as TLS certificates' names. */
const maxRestBytes = 4_096;
const maxLineBytes = 107;
const fault: ProxyHeader = { kind: "fault" };
const more: ProxyHeader = { kind: "more" };

/**
 * Reads a PROXY protocol header, version 1 or 2, from the first bytes of a connection.
 * Source: the PROXY protocol, versions 1 & 2 (W. Tarreau, HAProxy, 2020), 2.1 and 2.2.
 */
export function readProxyHeader(bytes: Buffer): ProxyHeader {
  const shown = bytes.subarray(0, signature.length);
  if (shown.equals(signature.subarray(0, shown.length)))
    return shown.length < signature.length ? more : readBinary(bytes);
  return readLine(bytes);
}

function readBinary(bytes: Buffer): ProxyHeader {
  if (bytes.length < fixedBytes) return more;
  const command = bytes.readUInt8(12);
  const family = bytes.readUInt8(13);
  const restBytes = bytes.readUInt16BE(14);
  if ((command !== 0x20 && command !== 0x21) || restBytes > maxRestBytes) return fault;
  const end = fixedBytes + restBytes;
  if (bytes.length < end) return more;
  if (command === 0x20) return { kind: "header", bytes: end, peer: null };
  const rest = bytes.subarray(fixedBytes, end);
  if (family === 0x11) {
    if (rest.length < 12) return fault;
    return {
      kind: "header",
      bytes: end,
      peer: { address: rest.subarray(0, 4).join("."), localPort: rest.readUInt16BE(10) },
    };
  }
  if (family === 0x21) {
    if (rest.length < 36) return fault;
    return { kind: "header", bytes: end, peer: { address: ipv6Of(rest), localPort: rest.readUInt16BE(34) } };
  }
  // Sockets that are not TCP: the receiver takes the connection's own addresses.
  return { kind: "header", bytes: end, peer: null };
}

function ipv6Of(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, at) => bytes.readUInt16BE(at * 2).toString(16));
  return plainAddress(groups.join(":"));
}

/** An address in its shortest form; an IPv4 address that is written as an IPv6 one as what it is. */
export function plainAddress(text: string): string {
  if (!isIPv6(text)) return text;
  const { address } = new SocketAddress({ address: text.split("%", 1)[0] ?? "", family: "ipv6" });
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  return mapped ?? address;
}

const line = /^PROXY (?:UNKNOWN(?: [^\r\n]*)?|(TCP4|TCP6) ([0-9A-Fa-f.:]+) ([0-9A-Fa-f.:]+) (\d{1,5}) (\d{1,5}))\r\n$/;

function readLine(bytes: Buffer): ProxyHeader {
  const text = bytes.toString("latin1", 0, maxLineBytes);
  const end = text.indexOf("\n");
  if (end === -1) return "PROXY ".startsWith(text.slice(0, 6)) && text.length < maxLineBytes ? more : fault;
  const found = line.exec(text.slice(0, end + 1));
  if (found === null) return fault;
  const [, family, source = "", , , localPort = ""] = found;
  if (family === undefined) return { kind: "header", bytes: end + 1, peer: null };
  const isSane = family === "TCP4" ? isIPv4(source) : isIPv6(source);
  if (!isSane || Number(localPort) > 65_535) return fault;
  return { kind: "header", bytes: end + 1, peer: { address: plainAddress(source), localPort: Number(localPort) } };
}
