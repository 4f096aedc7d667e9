import { describe, expect, it } from "vitest";
import { addressText, isLocalAddress, parseEngineAddress } from "./address.ts";

describe("an engine's address", () => {
  it.each([
    ["unix:///var/run/docker.sock", { kind: "socket", path: "/var/run/docker.sock" }, true],
    ["tcp://127.0.0.1:2375", { kind: "tcp", host: "127.0.0.1", port: 2375, isSecure: false }, true],
    ["tcp://localhost", { kind: "tcp", host: "localhost", port: 2375, isSecure: false }, true],
    ["tcp://[::1]:80", { kind: "tcp", host: "::1", port: 80, isSecure: false }, true],
    ["tcp://build.example:2376", { kind: "tcp", host: "build.example", port: 2376, isSecure: true }, false],
    ["http://10.0.0.1:2375", { kind: "tcp", host: "10.0.0.1", port: 2375, isSecure: false }, false],
  ])("%s is read", (text, address, isLocal) => {
    const read = parseEngineAddress(text);
    expect(read).toEqual(address);
    expect(isLocalAddress(read)).toBe(isLocal);
    expect(parseEngineAddress(addressText(read))).toEqual(address);
  });

  it.each(["", "docker", "unix://relative", "npipe:////./pipe/docker", "tcp://"])("%j is refused", (text) => {
    expect(() => parseEngineAddress(text)).toThrow(/no address of a Docker engine/);
  });

  it("says what to do instead of ssh", () => {
    expect(() => parseEngineAddress("ssh://me@host")).toThrow(/not reach a Docker engine over ssh/);
  });
});
