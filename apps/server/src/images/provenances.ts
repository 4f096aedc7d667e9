import {
  type Artifact,
  BerthError,
  type Digest,
  foldersInside,
  type ImageOrigin,
  type Log,
  makeSerial,
  type PlanApp,
  type Provenances,
  type Release,
  type ReleasedService,
  type SourceTree,
  type Store,
  type Verification,
  type VerificationCheck,
} from "@berth/core";
import type { BuildRecords, PackageReader } from "@berth/deployer";
import {
  attachProvenance,
  describeOrigin,
  findDocuments,
  hasProvenance,
  type Images,
  isSealed,
  lacksProvenance,
  makeSbomMaker,
  sealArtifact,
  type SigningKey,
  type SourceFound,
  verifyImage,
} from "@berth/images";

export interface ProvenancesDeps {
  /** BERTH_HOME. */
  home: string;
  images: Images;
  store: Pick<Store, "artifacts" | "environments" | "releases">;
  /** The source of a commit, or of a tree, of an app's repository. */
  openTree(app: string, commitOrTree: string): Promise<SourceTree>;
  planApp: PlanApp;
  key: SigningKey;
  berthVersion: string;
  log: Log;
}

export interface ProvenanceKeeper extends Provenances, BuildRecords {
  /** What lockfiles name, as bills of materials list it. */
  packages: PackageReader;
  /** Makes up for what a crash came before: of all that is live now. */
  makeUp(signal: AbortSignal): Promise<void>;
}

/** Signs how images were made, and checks it against what is stored and in git. */
export function makeProvenances(deps: ProvenancesDeps): ProvenanceKeeper {
  const { images, store, key, log } = deps;
  const attachDeps = { images, key, sboms: makeSbomMaker(), berthVersion: deps.berthVersion };
  /** One at a time for each image, so that nothing is made twice; and one verification, for it reads everything. */
  const inTurn = makeSerial();

  const sign: BuildRecords["sign"] = (artifact, source, when) =>
    inTurn(artifact.digest, async () => {
      if (await hasProvenance(attachDeps, artifact)) return;
      // What anyone may have written into the database since is not signed.
      if (!isSealed(artifact, key)) throw changedRecord(artifact);
      await attachProvenance(attachDeps, artifact, source, when);
    });

  /** Gives an image that has nothing beside it the provenance that its build has sealed. False where there was nothing to do, or no source. */
  async function makeUpFor(release: Release, service: ReleasedService): Promise<boolean> {
    if (!(await lacksProvenance(images, service.image))) return false;
    const artifact = await store.artifacts.get(service.image);
    if (artifact === null || !(await images.has(service.image))) return false;
    if (!isSealed(artifact, key)) throw changedRecord(artifact);
    const { tree } = artifact.provenance;
    const source = (await sourcesOf(deps, release, service)).find(({ id }) => id === tree);
    if (source === undefined) return false;
    await sign(artifact, source, "later");
    return true;
  }

  async function verifyService(release: Release, service: ReleasedService) {
    const { image } = service;
    const problem = await makeUpFor(release, service).then(
      () => null,
      (error: unknown) => {
        log.warn({ err: error, image }, "provenance that was missing could not be made");
        return error instanceof BerthError && error.code === "image.corrupt" ? error.message : null;
      },
    );
    const verifyDeps = { home: deps.home, images, key, recordOf: (of: Digest, build: string) => recordOf(of, build) };
    const checks = await verifyImage(verifyDeps, image, await findSource(deps, release, service));
    const unsigned: VerificationCheck[] =
      problem === null ? [] : [{ check: "record", state: "failed", message: problem }];
    return { service: service.spec.name, image, checks: [...checks, ...unsigned] };
  }

  async function recordOf(image: Digest, build: string): Promise<Artifact | null> {
    const found = [await store.artifacts.findByKey(build), await store.artifacts.get(image)];
    return found.find((one) => one !== null && one.digest === image && one.key === build) ?? null;
  }

  async function document(image: Digest, kind: "provenance" | "sbom") {
    const build = (await store.artifacts.get(image))?.key ?? null;
    const { provenance, sbom } = await findDocuments(images, image, build);
    if (kind === "provenance") return provenance?.content ?? null;
    return sbom === null ? null : images.blobs.readWhole(sbom);
  }

  return {
    key: { id: key.id, algorithm: "ed25519", publicKey: key.pem },
    seal: (artifact) => sealArtifact(artifact, key),
    isGenuine: async (artifact) => isSealed(artifact, key) || (await hasProvenance(attachDeps, artifact)),
    sign,
    origins: (release) =>
      Promise.all(
        release.snapshot.services.map(async ({ spec, image }): Promise<ImageOrigin> => {
          return describeOrigin(images, { service: spec.name, image }, await store.artifacts.get(image));
        }),
      ),
    verify: (release) =>
      inTurn("verification", async (): Promise<Verification> => {
        const services = [];
        for (const service of release.snapshot.services) services.push(await verifyService(release, service));
        const { app, environment, version } = release;
        const verified = services.every(({ checks }) => checks.every(({ state }) => state !== "failed"));
        return { app, environment, version, verified, key: key.id, services };
      }),
    document,
    packages: {
      ofSource: (source, plan) => attachDeps.sboms.packages(source, plan),
      async ofImage(image) {
        const bill = await document(image, "sbom").catch(() => null);
        return bill === null ? null : await attachDeps.sboms.packagesIn(bill);
      },
    },
    async makeUp(signal) {
      const tell = (error: unknown) => {
        log.error({ err: error }, "provenance that was missing could not be made");
        return false;
      };
      for (const { app, name, live } of await store.environments.listActive()) {
        if (live === null || signal.aborted) continue;
        const release = await store.releases.get({ app, environment: name }, live);
        for (const service of release?.snapshot.services ?? []) {
          const made = release !== null && (await makeUpFor(release, service).catch(tell));
          if (made) log.info({ app, image: service.image }, "provenance that was missing has been made");
        }
      }
    },
  };
}

function changedRecord({ digest }: Artifact): BerthError {
  return new BerthError(
    "image.corrupt",
    "what the database says of the build is not what the build has said, so nothing of it was signed",
    {
      path: digest,
      hint: "Deploy the app again: it is built anew.",
    },
  );
}

/** The tree of a service by its release's source: as planning finds it now, and as the release has it. Empty where git has no such source. */
async function sourcesOf(
  { openTree, planApp }: ProvenancesDeps,
  { app, origin, snapshot }: Release,
  { spec }: ReleasedService,
): Promise<SourceTree[]> {
  const root = await openTree(app, origin.commit ?? origin.tree);
  const others = snapshot.services.map((service) => service.spec.source);
  const found = [
    planApp(root).then((plan) =>
      plan.ok ? plan.services.find((one) => one.spec.name === spec.name)?.source : undefined,
    ),
    root.subtree(spec.source, foldersInside(spec.source, others)),
  ];
  const trees = await Promise.all(found.map((one) => one.catch(() => undefined)));
  return trees.filter((tree) => tree !== undefined);
}

/** What git says of the source of a service. */
async function findSource(deps: ProvenancesDeps, release: Release, service: ReleasedService): Promise<SourceFound> {
  const { app, origin } = release;
  try {
    const root = await deps.openTree(app, origin.commit ?? origin.tree);
    await root.list();
    if (root.id !== origin.tree) {
      const message = `the tree of commit ${origin.commit?.slice(0, 7)} is ${root.id.slice(0, 12)}, the release says ${origin.tree.slice(0, 12)}`;
      return { missing: message, isExpected: false };
    }
    const trees = (await sourcesOf(deps, release, service)).map(({ id }) => id);
    return { commit: origin.commit, trees: [...new Set(trees)] };
  } catch (error) {
    if (!(error instanceof BerthError)) throw error;
    const isExpected = origin.commit === null;
    const what = isExpected ? "the working tree that was deployed" : `commit ${origin.commit?.slice(0, 7)}`;
    return { missing: `git does not have ${what}: ${error.message}`, isExpected };
  }
}
