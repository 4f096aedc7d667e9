import {
  type AppPlan,
  BerthError,
  checkRoutes,
  foldersInside,
  resolveRelease,
  resolveService,
  type BerthYaml,
  type BuildPlan,
  type Command,
  type PlanApp,
  type PlannedService,
  type PlanProblem,
  type ReleaseCommand,
  type ServiceSpec,
  type ServiceYaml,
  type SourceTree,
  type TreeView,
} from "@berth/core";
import { planSource, readsOfSource } from "./plan-source.ts";
import { parseProcfile } from "./procfile.ts";
import type { Workspace } from "./stack.ts";
import { readTree } from "./tree-view.ts";
import { findMember, memberTree } from "./workspace/find-workspace.ts";

export interface PlanAppOptions {
  /** Whether a Dockerfile can be built, and what it makes be run. Where not, another stack is taken, or it is said. */
  dockerfiles: boolean;
}

/** Makes what reads berth.yaml and the Procfile, detects what they leave open, and fills in the defaults. */
export function makePlanApp(options: PlanAppOptions): PlanApp {
  return (root) => planApp(root, options);
}

async function planApp(root: SourceTree, { dockerfiles }: PlanAppOptions): Promise<AppPlan> {
  const view = await readTree(root, (path) => path === "berth.yaml" || readsOfSource(path));
  const misnamed = ["berth.yml", ".berth.yaml", ".berth.yml"].find((path) => view.has(path));
  if (!view.has("berth.yaml") && misnamed !== undefined) {
    return fail({ message: `${misnamed} is not read.`, path: misnamed, hint: "Rename it to berth.yaml." });
  }
  const text = view.read("berth.yaml");
  if (view.has("berth.yaml") && text === undefined) {
    throw new BerthError("config.invalid", "berth.yaml: expected a text file, or a link to one in the repository", {
      path: "berth.yaml",
    });
  }
  const yaml = await readYaml(text);
  try {
    return await planServices(root, view, yaml, dockerfiles);
  } catch (error) {
    if (text === undefined) throw error;
    const { placeInYaml } = await import("@berth/core/berth-yaml");
    throw placeInYaml(error, text);
  }
}

async function planServices(root: SourceTree, view: TreeView, yaml: BerthYaml, dockerfiles: boolean): Promise<AppPlan> {
  const services = listServices(view, yaml);
  const sources = services.map(([, service]) => service.source ?? ".");
  const trees = new Map<string, ServiceTree>();
  const planned: PlannedService[] = [];
  const readers = new Map<string, (line: string) => Command>();
  for (const [name, service] of services) {
    const source = service.source ?? ".";
    const own = trees.get(source) ?? (await serviceTree(root, view, source, sources));
    trees.set(source, own);
    if (source !== "." && !view.paths.some((path) => path.startsWith(`${source}/`))) {
      throw new BerthError("config.invalid", `services.${name}.source: expected a folder of the repository`, {
        path: `services.${name}.source`,
        hint: `There is no folder ${source}; correct it in berth.yaml, or commit something in it.`,
      });
    }
    const siblings = services.filter(([, other]) => (other.source ?? ".") === source);
    const { member } = own;
    const result = planSource(own.view, { name, yaml: service, siblings, dockerfiles, workspace: member });
    if (!result.ok) return fail(result.problem, source, services.length > 1 ? name : null);
    if (result.commandOf !== undefined) readers.set(name, result.commandOf);
    const isOfMember = result.isMember === true && member !== null;
    const tree = isOfMember ? member.tree : own.tree;
    // The stack has read the command already: it knows where the project's own programs are.
    const isOnly = services.length === 1;
    planned.push({
      spec: resolveService({
        name,
        yaml: { ...service, command: undefined },
        planned: result,
        env: yaml.env ?? {},
        isOnly,
        cronsInPreviews: yaml.previews?.crons ?? false,
      }),
      plan: withOwnPlace(name, result.plan, service),
      source: isOfMember || source === "." ? await withoutSettings(tree, result.plan) : tree,
      buildEnv: service.build?.env ?? {},
      buildSecrets: service.build?.secrets ?? [],
    });
  }
  const specs = planned.map(({ spec }) => spec);
  checkRoutes(specs);
  const release = planRelease(yaml.release ?? procfileRelease(view), specs, readers);
  return { ok: true, services: planned, release, previewEnv: yaml.previews?.env };
}

/** The release command, read as its service's stack reads commands: it knows where the project's own programs are. */
function planRelease(
  declared: BerthYaml["release"],
  specs: readonly ServiceSpec[],
  readers: ReadonlyMap<string, (line: string) => Command>,
): ReleaseCommand | null {
  const release = resolveRelease(declared, specs);
  if (release === null || declared === undefined) return null;
  return { ...release, command: readers.get(release.service)?.(declared.command) ?? release.command };
}

/** What the root's Procfile says is to run with each release. */
function procfileRelease(view: TreeView): BerthYaml["release"] {
  const text = view.read("Procfile");
  const procfile = text === undefined ? null : parseProcfile(text);
  return procfile?.ok === true && procfile.release !== null ? { command: procfile.release } : undefined;
}

/** What reads YAML is loaded where there is some. */
async function readYaml(text: string | undefined): Promise<BerthYaml> {
  if (text === undefined) return {};
  const { parseBerthYaml } = await import("@berth/core/berth-yaml");
  return parseBerthYaml(text);
}

/**
 * A tree of the repository's root as a service is built of it. The plan says all that berth.yaml has to say, and what changes there
 * for one service is no change of another's image. A Dockerfile may copy it, and has its context as it is.
 */
async function withoutSettings(tree: SourceTree, { dockerfile }: BuildPlan): Promise<SourceTree> {
  const paths = (await tree.list()).map(({ path }) => path);
  const isLeftOut = dockerfile === null && paths.includes("berth.yaml") && paths.length > 1;
  return isLeftOut ? tree.subtree(".", ["berth.yaml"]) : tree;
}

/** The base and the writable folders that berth.yaml says. */
function withOwnPlace(name: string, plan: BuildPlan, { base, writable = [] }: ServiceYaml): BuildPlan {
  const outside = plan.dockerfile === null ? writable.findIndex((folder) => folder.startsWith("/")) : -1;
  if (outside !== -1) {
    const path = `services.${name}.writable[${outside}]`;
    throw new BerthError("config.invalid", `${path}: expected a folder inside the app's`, {
      path,
      hint: "Name it as it lies in the repository, such as uploads; only the image of a Dockerfile has others.",
    });
  }
  const folders = [...new Set([...plan.writable, ...writable])];
  return { ...plan, writable: folders, base: base === undefined ? plan.base : { image: base, digest: null } };
}

/** What berth.yaml lists; else a Procfile's process types, of which only `web` is reached from outside; else one called web. */
function listServices(view: TreeView, yaml: BerthYaml): [string, ServiceYaml][] {
  const declared = Object.entries(yaml.services ?? {});
  if (declared.length > 0) return declared;
  const text = view.read("Procfile");
  const procfile = text === undefined ? null : parseProcfile(text);
  if (procfile?.ok !== true) return [["web", {}]];
  return [...procfile.processes.keys()].map((name) => [name, name === "web" ? {} : { routes: [] }]);
}

interface ServiceTree {
  tree: SourceTree;
  view: TreeView;
  /** The workspace that the folder is a member of, with the tree that it is built from there. */
  member: (Workspace & { tree: SourceTree }) | null;
}

async function serviceTree(
  root: SourceTree,
  view: TreeView,
  source: string,
  sources: readonly string[],
): Promise<ServiceTree> {
  const without = foldersInside(source, sources);
  if (source === "." && without.length === 0) return { tree: root, view, member: null };
  const tree = await root.subtree(source, without);
  const found = findMember(view, source);
  const workspace = found === null ? null : await memberTree(root, found, sources);
  return {
    tree,
    view: await readTree(tree, readsOfSource),
    member:
      found === null || workspace === null
        ? null
        : { root: await readTree(workspace, readsOfSource), folder: source, needed: found.needed, tree: workspace },
  };
}

/** A problem of one service, told from the repository's root. */
function fail(problem: PlanProblem, source = ".", service: string | null = null): { ok: false; problem: PlanProblem } {
  const isOwn = problem.path === null || problem.path === "berth.yaml" || source === ".";
  return {
    ok: false,
    problem: {
      ...problem,
      message: service === null ? problem.message : `Service ${service}: ${problem.message}`,
      path: isOwn ? problem.path : `${source}/${problem.path}`,
    },
  };
}
