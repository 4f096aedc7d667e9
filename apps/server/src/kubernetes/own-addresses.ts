import { createSocket } from "node:dgram";
import { isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";

/** All addresses of this machine. */
export function ownAddresses(): Set<string> {
  return new Set(
    Object.values(networkInterfaces()).flatMap((addresses) => addresses?.map(({ address }) => address) ?? []),
  );
}

/** From which of its addresses this machine would send to another; null where there is no way to it. Nothing is sent. */
export function sourceAddressFor(address: string): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(address) ? "udp6" : "udp4");
    const end = (found: string | null) => {
      socket.close();
      resolve(found);
    };
    socket.once("error", () => end(null));
    // A connected datagram socket has the address that the kernel's routes choose; the port does not matter.
    socket.connect(9, address, () => end(socket.address().address));
  });
}
