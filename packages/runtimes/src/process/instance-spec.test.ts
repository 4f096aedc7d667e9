import { describe, expect, it } from "vitest";
import { makeTestWorkload } from "../conformance/helpers.ts";
import { makeInstanceSpec } from "./instance-spec.ts";

const place = { id: "web-1", port: 20_001, folder: "/home/i/web-1", logFile: "/l", restarts: 0, failures: 0 };
const node = "/opt/node/bin/node";
const image = {
  root: "/images/1/root",
  workdir: "/images/1/root/app",
  env: { NODE_ENV: "production" },
  programs: ["/images/1/root/app/node_modules/.bin"],
};

describe("makeInstanceSpec", () => {
  it("gives exactly the image's and the workload's environment, PORT and the basics", () => {
    const workload = makeTestWorkload("sha256:00", "server.js", { env: { COLOUR: "blue", PORT: "80" } });
    expect(makeInstanceSpec(workload, image, place, node).env).toEqual({
      COLOUR: "blue",
      HOME: "/home/i/web-1",
      LANG: "C.UTF-8",
      NODE_ENV: "production",
      PATH: "/images/1/root/app/node_modules/.bin:/opt/node/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      PORT: "20001",
      TMPDIR: "/home/i/web-1",
    });
  });

  it("lets the workload have its own basics, and the app's commands first all the same", () => {
    const workload = makeTestWorkload("sha256:00", "server.js", {
      env: { HOME: "/srv", NODE_ENV: "test", PATH: "/x" },
    });
    expect(makeInstanceSpec(workload, image, place, node).env).toMatchObject({
      HOME: "/srv",
      NODE_ENV: "test",
      PATH: "/images/1/root/app/node_modules/.bin:/opt/node/bin:/x",
    });
  });

  it("leaves a path of the image what it is on this machine, where the workload repeats it", () => {
    const env = { GEMS: "/app/vendor", BASE: "/app" };
    const workload = makeTestWorkload("sha256:00", "server.js", { env });
    const built = { ...image, env: { GEMS: "/images/1/root/app/vendor" } };
    expect(makeInstanceSpec(workload, built, place, node).env).toMatchObject({
      GEMS: "/images/1/root/app/vendor",
      BASE: "/app",
    });
  });

  it("finds the programs that the image was built with before this machine's own", () => {
    const workload = makeTestWorkload("sha256:00", "server.js");
    const { env } = makeInstanceSpec(workload, { ...image, bin: "/tools/node-22" }, place, node);
    expect(env["PATH"]?.split(":").slice(0, 3)).toEqual([
      "/images/1/root/app/node_modules/.bin",
      "/tools/node-22",
      "/opt/node/bin",
    ]);
  });

  it("expands variables of a command from that environment, and leaves a shell's to the shell", () => {
    const simple = makeTestWorkload("sha256:00", "", { command: { argv: ["serve", "--port=$PORT", "${COLOUR}"] } });
    expect(makeInstanceSpec(simple, image, place, node).argv).toEqual(["serve", "--port=20001", ""]);
    const shell = makeTestWorkload("sha256:00", "", { command: { shell: "serve $PORT | cat" } });
    expect(makeInstanceSpec(shell, image, place, node).argv).toEqual(["sh", "-c", "serve $PORT | cat"]);
  });

  it("starts in the image's folder, named by its path in the image or on this machine", () => {
    const workload = makeTestWorkload("sha256:00", "server.js");
    expect(makeInstanceSpec(workload, image, place, node).cwd).toBe("/images/1/root/app");
    expect(makeInstanceSpec(workload, { ...image, workdir: "/app" }, place, node).cwd).toBe("/images/1/root/app");
  });
});
