import { BerthError, didYouMean } from "@berth/core";
import type { Digest, ErrorCode } from "@berth/core";
import type { RemoteProblem } from "./http/problem.ts";
import { dockerHub, placeText } from "./places/place.ts";
import type { Place } from "./places/place.ts";
import type { PlacesFailed } from "./places/places.ts";
import type { Reference } from "./fetch/reference.ts";

type Answered = PlacesFailed["problems"][number];

/** What decides where several places failed: the registry itself where it had something to say about the image, else a mirror that had, else the last that was reached at all. */
export function decisiveProblem(problems: readonly Answered[]): Answered | null {
  const says = new Set(["not-found", "unauthorised", "refused", "corrupt"]);
  const noConnection = new Set(["unknown", "unreachable"]);
  const last = problems.at(-1) ?? null;
  if (last === null || says.has(last.problem.kind)) return last;
  return (
    problems.find(({ problem }) => says.has(problem.kind)) ??
    problems.findLast(({ problem }) => !noConnection.has(problem.kind)) ??
    last
  );
}

export interface BaseFailureOptions {
  /** What was asked for, where it was not the tag. */
  digest: Digest | null;
  /** The tags that its repository has, where they are known. */
  tags: readonly string[];
}

/** That a base cannot be had, as a person is told of it. */
export function baseFailure(
  reference: Reference,
  failed: PlacesFailed,
  { digest, tags }: BaseFailureOptions,
): BerthError {
  const decisive = decisiveProblem(failed.problems);
  const details = failed.problems.map(({ place, problem }) => `${placeText(place)} ${problem.said}`);
  const make = (code: ErrorCode, message: string, hint: string, more: readonly string[] = []) =>
    new BerthError(code, message, { path: reference.image, hint, details: [...details, ...more], cause: failed });
  if (decisive === null)
    return make("registry.failed", `Nobody can be asked for ${reference.short}.`, "Look at BERTH_MIRRORS.");
  const { place, problem } = decisive;
  switch (problem.kind) {
    case "not-found":
      if (digest !== null && reference.digest === null) {
        const message = `The pinned content of ${reference.short}, ${digest.slice(0, 19)}, is not in its registry any more.`;
        return make("base.not-found", message, `Move to what is there now: \`berth bases update ${reference.short}\`.`);
      }
      return make(
        "base.not-found",
        place.mirrorOf === null
          ? `There is no image ${reference.short}.`
          : `The mirror ${place.origin} does not have ${reference.short}, and ${place.mirrorOf} itself could not be asked.`,
        notFoundHint(reference, tags),
        tagLines(tags),
      );
    case "unauthorised":
      return make(
        "base.unauthorised",
        `${place.host} does not let Berth have ${reference.short}.`,
        `${loginHint(place, problem)}${place.host === dockerHub ? " Docker Hub says the same of images that do not exist: look at the name, too." : ""}`,
      );
    case "corrupt":
      return make(
        "image.corrupt",
        `What ${place.host} sent of ${reference.short} is not what its digest says.`,
        "Nothing of it was kept. Something between the registry and Berth changes what it sends, or its storage is damaged.",
      );
    default:
      return make(
        "registry.failed",
        `${reference.short} could not be fetched: ${problem.message}.`,
        failureHint(
          place,
          problem,
          `Try again when ${place.host} can be reached. Without the internet, name a mirror that can: BERTH_MIRRORS=${place.mirrorOf ?? place.host}=http://mirror.example:5000.`,
        ),
      );
  }
}

/** That an image cannot be pushed: `what` cannot be done, to the place of this name. */
export function pushFailure(what: string, name: string, place: Place, problem: RemoteProblem): BerthError {
  const hint =
    problem.kind === "unauthorised"
      ? `${loginHint(place, problem)} The login has to allow pushing.`
      : problem.kind === "not-found"
        ? `Look at BERTH_REGISTRY: ${place.host} has no such repository, and does not make one when something is pushed to it.`
        : failureHint(
            place,
            problem,
            `Try again when ${place.host} can be reached; until then nothing can be deployed, for BERTH_REGISTRY names it.`,
          );
  if (problem.kind === "corrupt") {
    return new BerthError("image.corrupt", `${what}: ${problem.message}.`, {
      path: name,
      hint: "It is damaged on the disk of Berth, or on the way: deploy the app again to make it anew.",
      cause: problem,
    });
  }
  return new BerthError("registry.failed", `${what}: ${problem.message}.`, {
    path: name,
    hint,
    cause: problem,
  });
}

function loginHint(place: Place, problem: RemoteProblem): string {
  const { credentials } = problem.options;
  const login = `\`docker login${place.host === dockerHub ? "" : ` ${place.host}`}\` as the user that runs Berth`;
  if (credentials === undefined) return `It asked for no login that Berth knows. Try ${login}.`;
  return credentials.found
    ? `The credentials it refused are ${credentials.text}: renew them with ${login}, or have them allowed.`
    : `Credentials that were found: ${credentials.text}. Run ${login}.`;
}

/** What to do about a registry that could not be used; `unreached` where there was no connection, or none that lasted. */
function failureHint(place: Place, problem: RemoteProblem, unreached: string): string {
  switch (problem.kind) {
    case "unknown":
      return `Look at the name: no name server knows ${place.origin.replace(/^https?:\/\//, "")}${place.mirrorOf === null ? "" : ", which BERTH_MIRRORS names"}. ${unreached}`;
    case "untrusted":
      return `Where ${place.host} is yours: name the file of its authority's certificate in NODE_EXTRA_CA_CERTS, or, for plain HTTP, write http:// before it in BERTH_MIRRORS or BERTH_REGISTRY.`;
    case "busy":
      return `Wait a while; a login (\`docker login\`) or a mirror in BERTH_MIRRORS is allowed more.`;
    case "refused":
    case "malformed":
      return `Look whether a registry answers at ${place.origin}${place.api}.`;
    default:
      return unreached;
  }
}

function notFoundHint({ short, tag, repository }: Reference, tags: readonly string[]): string {
  if (tags.length === 0) return `Look at the name: there may be no ${repository} there, or none that you may see.`;
  const meant = didYouMean(tag, tags);
  const name = short.slice(0, short.length - tag.length - 1);
  if (meant === null) return `Name a tag that ${name} has.`;
  const version = otherVersion(tag, meant);
  const line =
    version === null ? "" : ` Where you have not named the image yourself, say in berth.yaml: version: "${version}".`;
  return `Did you mean ${name}:${meant}?${line}`;
}

/** The version in a tag that differs from another in that alone: what a stack makes its images' tags of. Null where that is not so. */
function otherVersion(tag: string, other: string): string | null {
  const [asked, meant] = [tag, other].map((text) => /^(\d[\d.]*)(.*)$/.exec(text));
  return asked != null && meant != null && asked[2] === meant[2] ? (meant[1] ?? null) : null;
}

const mostTags = 12;

function tagLines(tags: readonly string[]): string[] {
  if (tags.length === 0) return [];
  const more = tags.length > mostTags ? `, and ${tags.length - mostTags} more` : "";
  return [`Its tags: ${tags.slice(0, mostTags).join(", ")}${more}`];
}
