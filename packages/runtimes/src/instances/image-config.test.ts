import { expect, it } from "vitest";
import { readImageConfig } from "./image-config.ts";

const read = (config: object) => readImageConfig(Buffer.from(JSON.stringify({ config })));

it("an image says how it is run", () => {
  const config = {
    Env: ["PATH=/usr/bin", "OPTIONS=a=b", "BARE"],
    User: "1000:1000",
    WorkingDir: "/app",
    StopSignal: "SIGINT",
    ExposedPorts: { "3000/tcp": {}, "53/udp": {}, "9000/tcp": {} },
    Labels: { "dev.berth.writable": '["data",".next/cache","/var/lib/app"]' },
  };
  expect(read(config)).toEqual({
    env: { PATH: "/usr/bin", OPTIONS: "a=b", BARE: "" },
    user: "1000:1000",
    workdir: "/app",
    stopSignal: "SIGINT",
    ports: [3_000, 9_000],
    writable: ["/app/data", "/app/.next/cache", "/var/lib/app"],
  });
});

it("an image that says nothing is run in its root", () => {
  expect(read({})).toEqual({ env: {}, user: "", workdir: "/", stopSignal: "SIGTERM", ports: [], writable: [] });
});

it.each([
  ["SIGQUIT", "SIGQUIT"],
  ["int", "int"],
  ["15", "15"],
  ["SIGRTMIN+3", "SIGRTMIN+3"],
  ["99", "SIGTERM"],
  ["-9", "SIGTERM"],
  ["SIGNONE", "SIGTERM"],
  ["", "SIGTERM"],
])("an image that asks for %j is stopped with %s", (StopSignal, stopSignal) => {
  expect(read({ StopSignal }).stopSignal).toBe(stopSignal);
});

it.each(["not json", '{"data":1}', "[1]"])("an image whose label for folders says %s is refused", (label) => {
  const config = { Labels: { "dev.berth.writable": label } };
  expect(() => read(config)).toThrow("The label dev.berth.writable of the image is no list of folders.");
});
