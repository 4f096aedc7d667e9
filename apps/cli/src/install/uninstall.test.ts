import type { KubeObject } from "@berth/cluster";
import { expect, it } from "vitest";
import { installLabels } from "./names.ts";
import { decideRemoval } from "./uninstall.ts";

const labels = installLabels("berth-system");
const object = (kind: string, name: string, namespace?: string): KubeObject => ({
  apiVersion: "v1",
  kind,
  metadata: { name, labels, ...(namespace !== undefined && { namespace }) },
});
const home = object("Namespace", "berth-system");
const objects = [object("Service", "router", "berth-system"), object("ClusterRole", "berth:berth-system")];
const volumes = [object("PersistentVolumeClaim", "home-server-0", "berth-system")];
const found = { objects, volumes, home, foreign: [] };

it("keeps the volume, and the namespace for it", () => {
  expect(decideRemoval(found, false)).toEqual({
    remove: objects,
    kept: [
      "PersistentVolumeClaim berth-system/home-server-0, with all state: berth install takes it up again",
      "Namespace berth-system",
    ],
  });
});

it("removes everything where that is asked for, and where there is no volume", () => {
  expect(decideRemoval(found, true)).toEqual({ remove: [...objects, ...volumes, home], kept: [] });
  expect(decideRemoval({ ...found, volumes: [] }, false).remove).toEqual([...objects, home]);
});

it("leaves a namespace that has something of somebody else's in it, or that it did not make", () => {
  const foreign = [object("ConfigMap", "notes", "berth-system")];
  const { remove, kept } = decideRemoval({ ...found, foreign }, true);
  expect(remove).toEqual([...objects, ...volumes]);
  expect(kept).toEqual(["Namespace berth-system, for somebody else's is in it: ConfigMap berth-system/notes"]);
  const theirs = { ...home, metadata: { name: "berth-system" } };
  expect(decideRemoval({ ...found, home: theirs }, true).remove).toEqual([...objects, ...volumes]);
});
