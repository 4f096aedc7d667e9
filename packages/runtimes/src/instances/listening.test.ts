import { describe, expect, it } from "vitest";
import { parseListening } from "./listening.ts";

const header = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";
const rest = "00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0";

describe("parseListening", () => {
  it("reads addresses, ports and inodes of listening sockets only", () => {
    const table = [
      header,
      `   0: 0100007F:0BB8 ${rest} 4711 1 0000000000000000 100 0 0 10 0`,
      `   1: 00000000000000000000000001000000:1F90 ${rest} 4712 1 0`,
      `   2: 0100007F:0BB9 0100007F:1000 01 00000000:00000000 00:00000000 00000000     0        0 4713 1`,
    ].join("\n");
    expect(parseListening(table)).toEqual([
      { host: "127.0.0.1", port: 3000, inode: "4711" },
      { host: "::1", port: 8080, inode: "4712" },
    ]);
  });
});
