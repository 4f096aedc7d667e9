import type { KubeObject } from "@berth/cluster";
import { describe, expect, it } from "vitest";
import { workloadLabels } from "../labels.ts";
import { workloadName } from "../names.ts";
import { insidePlace, makeSample, managedOf, samples } from "../testing/samples.ts";
import { isInPlace } from "./in-place.ts";

const { namespacePrefix, installation } = insidePlace;
const { workload } = makeSample();
const labels = workloadLabels(installation, workload);
const namespace = "berth-shop--production";

const isOwn = (kind: string, metadata: Omit<KubeObject["metadata"], "labels">, more = {}) =>
  isInPlace({ apiVersion: "", kind, metadata: { ...metadata, labels: { ...labels, ...more } } }, namespacePrefix);

describe("an object is in place", () => {
  it.each(Object.entries(samples))("where Berth makes it: %s", (_, sample) => {
    const objects = managedOf(sample);
    expect(objects.filter((object) => !isInPlace(object, sample.place.namespacePrefix))).toEqual([]);
  });

  it("where a controller of the cluster has made it for one of Berth's", () => {
    expect(isOwn("Pod", { name: `${workloadName(workload)}-5cb86fbb9c-tmdbm`, namespace })).toBe(true);
  });

  it("where somebody has taken its labels away", () => {
    const metadata = { name: workloadName(workload), namespace, labels: { "dev.berth/installation": installation } };
    expect(isInPlace({ apiVersion: "apps/v1", kind: "Deployment", metadata }, namespacePrefix)).toBe(true);
  });

  it("not in another namespace, nor by another name, whatever its labels say", () => {
    const name = workloadName(workload);
    expect(isOwn("Pod", { name: `${name}-x`, namespace: "tenant" })).toBe(false);
    expect(isOwn("Pod", { name: `${name}-x`, namespace: "berth-shop--staging" })).toBe(false);
    expect(isOwn("Pod", { name: "thief", namespace })).toBe(false);
    expect(isOwn("Deployment", { name: `${name}-copy`, namespace })).toBe(false);
    expect(isOwn("Secret", { name, namespace: "tenant" })).toBe(false);
    expect(isOwn("Namespace", { name: "tenant" })).toBe(false);
  });
});
