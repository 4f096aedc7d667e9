import { expect, it } from "vitest";
import { findNodesRegistry } from "./nodes-registry.ts";

const choice = {
  settings: { pullLogin: null, nodesRegistry: null },
  outside: null,
  port: 4000,
  password: "for reading",
  nodes: ["198.18.0.1"],
  own: new Set(["127.0.0.1", "198.18.0.1"]),
};
const outside = { prefix: "registry.example.com/team/", host: "registry.example.com" };

it("nodes that are this machine fetch from this server, with a password for that alone", () => {
  expect(findNodesRegistry(choice)).toEqual({
    prefix: "localhost:4000/",
    login: { registry: "localhost:4000", username: "nodes", password: "for reading" },
  });
});

it("nodes fetch from BERTH_REGISTRY where it is set, with the login that is set for them", () => {
  const others = { ...choice, outside, nodes: ["192.168.1.7"] };
  expect(findNodesRegistry(others)).toEqual({ prefix: outside.prefix, login: null });
  const settings = { ...choice.settings, pullLogin: { username: "reader", password: "a:b" } };
  expect(findNodesRegistry({ ...others, settings }).login).toEqual({
    registry: "registry.example.com",
    username: "reader",
    password: "a:b",
  });
});

it("nodes fetch from this server by the name that is set, wherever they are", () => {
  const settings = { pullLogin: null, nodesRegistry: "localhost:30400" };
  expect(findNodesRegistry({ ...choice, settings, nodes: ["192.168.1.7"] })).toEqual({
    prefix: "localhost:30400/",
    login: { registry: "localhost:30400", username: "nodes", password: "for reading" },
  });
});

it("nodes that are other machines need a registry that is set", () => {
  expect(() => findNodesRegistry({ ...choice, nodes: ["198.18.0.1", "192.168.1.7"] })).toThrow(
    "which do not reach the registry of this server",
  );
});
