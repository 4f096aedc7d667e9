import { bytesQuantity } from "@berth/cluster";
import type { Wire } from "@berth/cluster";
import type { V1Container, V1Volume, V1VolumeMount } from "@kubernetes/client-node";
import type { WritableFolder } from "../model.ts";
import { fillContainerName, writableName } from "../names.ts";
import { literal } from "./command.ts";
import { diskBytes } from "./resources.ts";

const temporary = { name: "tmp", mountPath: "/tmp" };
const fillFolder = "/berth/fill";
/** Pairs of folders as arguments: what is in the first is copied into the second. Owners and times are not ours to set. */
const fillScript = 'while [ "$#" -gt 0 ]; do cp -RP "$1/." "$2/" || exit 1; shift 2; done';

export type FillContainer = Pick<V1Container, "name" | "command" | "volumeMounts">;

export interface Volumes {
  volumes: Wire<V1Volume>[];
  mounts: V1VolumeMount[];
  /** Fills writable folders with what the image has in them; null where it has nothing. */
  fill: FillContainer | null;
}

/**
 * An empty volume for /tmp and for each writable folder, as the rest of the file system is read-only. It hides what the
 * image has in that folder, and frameworks need what they have put there (Laravel's storage/ has to have its folders): it is
 * copied before an instance starts, where there is anything.
 */
export function makeVolumes(writable: readonly WritableFolder[]): Volumes {
  const folders = outermost(writable);
  const filled = folders.flatMap(({ path, hasContent }, index) => (hasContent ? [{ path, index }] : []));
  return {
    volumes: [temporary.name, ...folders.map((_, index) => writableName(index))].map((name) => ({
      name,
      emptyDir: { sizeLimit: bytesQuantity(diskBytes.folder) },
    })),
    mounts: [temporary, ...folders.map(({ path }, index) => ({ name: writableName(index), mountPath: path }))],
    fill: filled.length === 0 ? null : makeFill(filled),
  };
}

function makeFill(folders: readonly { path: string; index: number }[]): FillContainer {
  const pairs = folders.flatMap(({ path, index }) => [path, `${fillFolder}/${index}`]);
  return {
    name: fillContainerName,
    command: ["sh", "-c", literal(fillScript), fillContainerName, ...pairs.map(literal)],
    volumeMounts: folders.map(({ index }) => ({ name: writableName(index), mountPath: `${fillFolder}/${index}` })),
  };
}

/** In one order, without /tmp and without what lies in another of them; what has content inside gives it to the outer one. */
function outermost(writable: readonly WritableFolder[]): WritableFolder[] {
  const sorted = writable
    .filter(({ path }) => path !== temporary.mountPath)
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const isOutermost = ({ path }: WritableFolder) => !sorted.some((other) => path.startsWith(`${other.path}/`));
  const unique = new Map(sorted.filter(isOutermost).map(({ path }) => [path, path]));
  return [...unique.keys()].map((path) => ({
    path,
    hasContent: sorted.some((folder) => folder.hasContent && `${folder.path}/`.startsWith(`${path}/`)),
  }));
}
