import { expect, it } from "vitest";
import { unreachableMirrors } from "./unreachable-mirrors.ts";

it("names mirrors that are the pod itself to a pod", () => {
  const own = ["docker.io=http://localhost:5055", "ghcr.io=127.0.0.1:5000/ghcr", "quay.io=https://[::1]:5000"];
  const others = ["docker.io=http://mirror:5000", "ghcr.io=https://localhost.example.com", "quay.io=10.0.0.5:5000"];
  expect(unreachableMirrors({ BERTH_MIRRORS: [...own, ...others].join(", ") })).toEqual(own);
  expect(unreachableMirrors({ BERTH_MIRRORS: "" })).toEqual([]);
  expect(unreachableMirrors({})).toEqual([]);
});
