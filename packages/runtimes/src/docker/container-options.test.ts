import { describe, expect, it } from "vitest";
import { makeTestWorkload } from "../conformance/helpers.ts";
import { makeContainerOptions, makeReadyLimits, neighbourNames } from "./container-options.ts";
import type { ContainerPlace } from "./container-options.ts";
import type { RunConfig } from "../instances/image-config.ts";

const config: RunConfig = {
  env: { PATH: "/usr/bin", NODE_VERSION: "24" },
  user: "1000:1000",
  workdir: "/app",
  stopSignal: "SIGQUIT",
  ports: [],
  writable: ["/app/data"],
  os: "linux",
  architecture: "amd64",
};

const place: ContainerPlace = {
  installation: "abc",
  instance: "web-123456-0a0b0c0d",
  history: { restarts: 0, failures: 0, lastExit: null },
  image: "sha256:1",
  network: "berth-1234-shop-production",
  gateway: "10.201.0.1",
  publishes: false,
};

const workload = makeTestWorkload("sha256:1", "server.js", {
  command: { argv: ["node", "server.js", "--port", "$PORT"] },
  env: { GREETING: "a = b\n", BERTH_URL_API: "http://api:30001" },
});

describe("makeContainerOptions", () => {
  it("translates a workload, with nothing that is not said", () => {
    const { Labels, ...options } = makeContainerOptions(workload, config, place);
    expect(options).toMatchInlineSnapshot(`
      {
        "Cmd": [],
        "Entrypoint": [
          "node",
          "server.js",
          "--port",
          "8080",
        ],
        "Env": [
          "HOME=/tmp",
          "PATH=/usr/bin",
          "NODE_VERSION=24",
          "GREETING=a = b
      ",
          "BERTH_URL_API=http://api:30001",
          "PORT=8080",
        ],
        "Healthcheck": {
          "Test": [
            "NONE",
          ],
        },
        "HostConfig": {
          "CapDrop": [
            "ALL",
          ],
          "CpuShares": 1024,
          "ExtraHosts": [
            "api:10.201.0.1",
          ],
          "Init": true,
          "LogConfig": {
            "Config": {
              "max-file": "2",
              "max-size": "8m",
            },
            "Type": "json-file",
          },
          "Memory": 536870912,
          "MemorySwap": 536870912,
          "NetworkMode": "berth-1234-shop-production",
          "PidsLimit": 1024,
          "Privileged": false,
          "ReadonlyRootfs": true,
          "RestartPolicy": {
            "Name": "no",
          },
          "SecurityOpt": [
            "no-new-privileges",
          ],
          "Tmpfs": {
            "/tmp": "rw,exec,nosuid,nodev,mode=1777,size=256m",
          },
        },
        "Hostname": "web-123456-0a0b0c0d",
        "Image": "sha256:1",
        "Volumes": {
          "/app/data": {},
        },
        "name": "berth-web-123456-0a0b0c0d",
      }
    `);
    expect(JSON.stringify(Labels)).not.toContain("a = b");
  });

  it("names each start of an instance anew", () => {
    const again = { ...place, history: { ...place.history, restarts: 3 } };
    expect(makeContainerOptions(workload, config, again).name).toBe("berth-web-123456-0a0b0c0d-3");
  });

  it("publishes on loopback alone, where it has to", () => {
    const { ExposedPorts, HostConfig } = makeContainerOptions(workload, config, { ...place, publishes: true });
    expect(ExposedPorts).toEqual({ "8080/tcp": {} });
    expect(HostConfig?.PortBindings).toEqual({ "8080/tcp": [{ HostIp: "127.0.0.1", HostPort: "" }] });
  });

  it.each([
    [{}, {}, [], "8080"],
    [{}, {}, [3000], "3000"],
    [{}, {}, [3000, 9229], "8080"],
    [{}, { PORT: "4000" }, [3000], "4000"],
    [{ PORT: "5000" }, { PORT: "4000" }, [3000], "5000"],
    [{ PORT: "none" }, {}, [], "8080"],
  ])("with %j in berth.yaml, %j in the image, which exposes %j: PORT is %s", (own, env, ports, port) => {
    const made = makeContainerOptions({ ...workload, env: own }, { ...config, env, ports }, place);
    expect(made.Env?.filter((variable) => variable.startsWith("PORT="))).toEqual([`PORT=${port}`]);
  });

  it("runs what needs a shell in one, and what the image says where nothing else does", () => {
    const shell = makeContainerOptions({ ...workload, command: { shell: "a && b" } }, config, place);
    expect([shell.Entrypoint, shell.Cmd]).toEqual([["sh", "-c", "a && b"], []]);
    const own = makeContainerOptions({ ...workload, command: { argv: [] } }, config, place);
    expect("Entrypoint" in own || "Cmd" in own).toBe(false);
  });

  it("limits the processor once it is ready", () => {
    expect(makeReadyLimits(250)).toEqual({ NanoCpus: 250_000_000, CpuShares: 256 });
  });
});

describe("neighbourNames", () => {
  it("takes variables that Berth has made, and none that somebody has set", () => {
    const env = {
      BERTH_URL_API: "http://api:30001",
      BERTH_URL_API_V2: "http://api-v2:30002",
      BERTH_URL_MAIL: "https://mail.example",
      BERTH_URL_OTHER: "http://elsewhere:80",
      BERTH_URL_LOCALHOST: "http://localhost:1",
      API: "http://api:30001",
    };
    expect(neighbourNames(env)).toEqual(["api", "api-v2"]);
  });
});
