import type { HostAbsence, HostTarget, RoutedWorkload } from "@berth/core";
import { production } from "@berth/core";
import { type RefusalReason, refusalReasons } from "../refusals.ts";
import type { Workload } from "../workload.ts";
import { phaseText } from "./wake-page.ts";

/** What the router answers in its own name, before it is written as a page, as JSON or as text. */
export interface Answer {
  status: number;
  /** Stable, for scripts; what is counted. */
  code: `router.${RefusalReason}`;
  title: string;
  detail: string;
  /** What to do about it, one sentence. */
  hint: string | null;
  /** A command that helps. */
  command: string | null;
  app: string | null;
  environment: string | null;
  retryAfterS: number | null;
  /** Names and values in turn, besides those that every answer has. */
  headers?: readonly string[];
}

interface Place {
  app: string;
  environment: string;
}

const nobody = { hint: null, command: null, app: null, environment: null, retryAfterS: null };

function flags({ app, environment }: Place): string {
  return environment === production ? `--app ${app}` : `--app ${app} --env ${environment}`;
}

function name({ app, environment }: Place): string {
  return environment === production ? app : `${app} (${environment})`;
}

function logs(place: Place): Pick<Answer, "command" | "app" | "environment"> {
  return { command: `berth logs ${flags(place)}`, app: place.app, environment: place.environment };
}

/** What a request was for, by name. */
function nameOf(routed: RoutedWorkload): string {
  return routed.isServer ? "Berth" : `${routed.service} of ${name(routed)}`;
}

/** The server has no logs that a command shows to whoever asks. */
function logsOf(routed: RoutedWorkload): Partial<Answer> {
  return routed.isServer ? {} : logs(routed);
}

/** No app is at this host. `target` is what the host name asks for below the domain. */
export function unknownHost(host: string, target: HostTarget | null): Answer {
  const base = { ...nobody, status: 404, code: "router.unknown-host" } as const;
  if (target === null || target.kind === "berth")
    return {
      ...base,
      title: "Nothing is here",
      detail: `No app is served at ${host}.`,
      hint: "Check the address for a typing mistake.",
      command: "berth apps list",
    };
  const { app } = target;
  if (target.kind === "release")
    return {
      ...base,
      app,
      title: "No such release",
      detail: `There is no release v${target.version} of ${app}.`,
      hint: "See which releases there are.",
      command: `berth releases --app ${app}`,
    };
  const { environment } = target;
  // The router knows only what was deployed: an app without any is not told from a name that nobody has.
  if (environment === production)
    return {
      ...base,
      app,
      environment,
      title: `${app} is not deployed`,
      detail: `There is no app of this name, or nothing has been deployed to it yet.`,
      hint: "Deploy it (git push berth main), or see which apps there are.",
      command: "berth apps list",
    };
  return {
    ...base,
    app,
    environment,
    title: `${app} has no environment ${environment}`,
    detail: `Nothing is served at ${host}.`,
    hint: "Pushing its branch makes it. What is a - here may be another character in the branch's name.",
    command: "git push berth <branch>",
  };
}

/** What an environment serves could not be found out since the server's start, as where its cluster is away. */
export function unread(place: Place): Answer {
  return {
    ...nobody,
    status: 503,
    code: "router.unread",
    ...logs(place),
    title: `${name(place)} is out of reach`,
    detail: "Since its last start the server has not been able to see what runs for it.",
    hint: "This is tried again by itself.",
    command: `berth status ${flags(place)}`,
    retryAfterS: 2,
  };
}

/** The host is known, and has nothing to route to. */
export function absent(place: Place, version: number | null, absence: HostAbsence): Answer {
  const code = `router.${absence}` as const;
  const base = { ...nobody, status: 404, code, app: place.app, environment: place.environment };
  if (absence === "empty")
    return {
      ...base,
      title: `${name(place)} is not deployed yet`,
      detail: "There is an app of this name, and nothing has been deployed to it.",
      hint: "Push a commit.",
      command: "git push berth main",
    };
  if (absence === "no-routes")
    return {
      ...base,
      title: `${name(place)} has no address`,
      detail: "No service of its release has routes, so none can be reached from outside.",
      hint: "Give a service routes in berth.yaml, such as routes: [/].",
      command: `berth status ${flags(place)}`,
    };
  return {
    ...base,
    title: `v${version ?? ""} of ${place.app} is gone`,
    detail: "This release does not exist, is no longer kept, or never was live.",
    hint: "See which releases there are.",
    command: `berth releases --app ${place.app}`,
  };
}

/** The environment is protected, and the client has nothing that lets it in. `owner`: whom it can ask. */
export function shareRefused(
  place: Place,
  owner: string,
  reason: "share-missing" | "share-expired" | "share-wrong",
): Answer {
  const why = {
    "share-missing": "Only who was given a link sees this.",
    "share-expired": "The time of the link that you have is over.",
    "share-wrong": "The link that you have does not hold, or no longer.",
  };
  return {
    ...nobody,
    status: 403,
    code: `router.${reason}`,
    title: `${name(place)} is not open to everyone`,
    detail: why[reason],
    hint: `Ask ${owner}, or whoever works on it, for a link.`,
    command: `berth environments share ${place.environment} --app ${place.app}`,
    app: place.app,
    environment: place.environment,
    headers: ["referrer-policy", "no-referrer"],
  };
}

/** Sends a browser that came by a link on to the address without it. */
export function shared(location: string, cookie: string): Answer {
  return {
    ...nobody,
    status: 303,
    code: "router.shared",
    title: "You may see this",
    detail: "Your browser has been let in, and goes on to the page.",
    headers: ["location", location, "set-cookie", cookie, "referrer-policy", "no-referrer"],
  };
}

/** The host is known, and no route of it covers the path. */
export function noRoute(place: Place, path: string): Answer {
  return {
    ...nobody,
    status: 404,
    code: "router.no-route",
    title: `Nothing of ${name(place)} answers here`,
    detail: `No service has a route for ${path}.`,
    hint: "Add the path to the routes of a service in berth.yaml.",
    command: `berth status ${flags(place)}`,
    app: place.app,
    environment: place.environment,
  };
}

/** A neighbour's port leads to a service that nothing runs for. */
export function noNeighbour(place: Place & { service: string }): Answer {
  return {
    ...nobody,
    status: 503,
    code: "router.no-neighbour",
    title: `${place.service} of ${name(place)} is not running`,
    detail: `The live release has no service ${place.service} that takes requests.`,
    hint: "See what runs.",
    command: `berth status ${flags(place)}`,
    app: place.app,
    environment: place.environment,
  };
}

export function failed({ routed }: Workload): Answer {
  return {
    ...nobody,
    ...logsOf(routed),
    status: 503,
    code: "router.failed",
    title: `${nameOf(routed)} does not start`,
    detail: routed.reason ?? "It did not become healthy.",
    hint: routed.hint ?? "Its last output says why.",
    retryAfterS: 5,
  };
}

export function wakeFailed({ routed }: Workload, reason: string): Answer {
  return {
    ...nobody,
    ...logsOf(routed),
    status: 503,
    code: "router.wake-failed",
    title: `${nameOf(routed)} could not be woken`,
    detail: reason,
    hint: "Try again; if it stays so, look at its last output.",
    retryAfterS: 5,
  };
}

/** It has waited so long, for an instance or for room at one. */
export function stillStarting({ routed }: Workload, waitedMs: number): Answer {
  const isUp = routed.state === "running";
  const within = `within ${Math.round(waitedMs / 1000)} s`;
  const why = isUp
    ? `None of its instances had room ${within}.`
    : `No instance of it was ready ${within}${howFar(routed)}.`;
  return {
    ...nobody,
    ...logsOf(routed),
    status: 503,
    code: isUp ? "router.busy" : "router.still-starting",
    title: `${nameOf(routed)} is ${isUp ? "busy" : "still starting"}`,
    detail: routed.reason ?? why,
    hint: routed.hint ?? "Try again in a moment; if it stays so, look at its last output.",
    retryAfterS: 5,
  };
}

/** How far its start has come. */
function howFar({ waking }: Workload["routed"]): string {
  const current = waking?.current ?? null;
  return current === null ? "" : `; it is still at: ${phaseText(current).toLowerCase()}`;
}

/** A page that waits for it would ask for ever. */
export function turnsTooOften({ routed }: Workload): Answer {
  return {
    ...nobody,
    ...logsOf(routed),
    status: 503,
    code: "router.turns-too-often",
    title: `${nameOf(routed)} comes up and goes down again`,
    detail: "It was started several times within some minutes, and did not stay.",
    hint: "Its last output says why.",
    retryAfterS: 5,
  };
}

export function tooManyWaiting({ routed }: Workload): Answer {
  return {
    ...nobody,
    ...logsOf(routed),
    status: 503,
    code: "router.too-many-waiting",
    title: `${nameOf(routed)} is ${routed.state === "running" ? "busy" : "still starting"}`,
    detail: "Too many requests are waiting for it already.",
    hint: "Try again in a moment.",
    retryAfterS: 5,
  };
}

export function badGateway({ routed }: Workload, detail: string): Answer {
  return {
    ...nobody,
    ...logsOf(routed),
    status: 502,
    code: "router.bad-gateway",
    title: `${nameOf(routed)} did not answer`,
    detail,
    hint: "It may have crashed; its last output says more.",
  };
}

export function noAnswerInTime({ routed }: Workload): Answer {
  return {
    ...nobody,
    ...logsOf(routed),
    status: 504,
    code: "router.no-answer-in-time",
    title: `${nameOf(routed)} takes too long`,
    detail: "It took the request and did not begin to answer in time.",
    hint: "Its last output may say what it is doing.",
  };
}

const refusalStatus: Partial<Record<RefusalReason, number>> = {
  "bad-version": 505,
  "body-too-slow": 408,
  "body-too-large": 413,
  "url-too-long": 414,
  "headers-too-large": 431,
  "too-many-headers": 431,
};

/** A request that no instance is to see, or not whole. */
export function badRequest(reason: RefusalReason): Answer {
  const status = refusalStatus[reason] ?? 400;
  const detail = `Refused: ${refusalReasons[reason]}.`;
  return { ...nobody, status, code: `router.${reason}`, title: "This request cannot be forwarded", detail };
}

export function tooManyInFlight({ routed }: Workload): Answer {
  return {
    ...nobody,
    ...logs(routed),
    status: 503,
    code: "router.too-many-in-flight",
    title: `${routed.service} of ${name(routed)} is busy`,
    detail: "As many requests as it may have at once are under way.",
    hint: "Try again in a moment; its last output may say what it is doing.",
    retryAfterS: 1,
  };
}

export const closing: Answer = {
  ...nobody,
  status: 503,
  code: "router.closing",
  title: "Berth is stopping",
  detail: "The router is being shut down.",
  hint: "Try again in a moment.",
  retryAfterS: 1,
};
