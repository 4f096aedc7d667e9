import type { Duplex } from "node:stream";

/** Who is at the other end of a connection, where that is not what its socket says. */
export interface Peer {
  /** IPv4, or IPv6 in its shortest form. */
  address: string;
  /** The port that it asked at. */
  localPort: number;
  /** Whether what a peer with this address says of its client is believed; null: nothing is. */
  isTrusted: ((address: string) => boolean) | null;
}

const peers = new WeakMap<Duplex, Peer>();

/** Tells who is behind a connection. */
export function setPeer(connection: Duplex, peer: Peer): void {
  peers.set(connection, peer);
}

/** Null: whom its socket says. */
export function peerOf(connection: Duplex): Peer | null {
  return peers.get(connection) ?? null;
}
