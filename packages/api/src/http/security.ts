import { BerthError, parseHost } from "@berth/core";
import type { MiddlewareHandler } from "hono";
import type { Urls } from "../urls.ts";

const headers = {
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-frame-options": "DENY",
};

/** Answers are data for programs: nothing may sniff, keep, frame or embed them. */
export function secureHeaders(): MiddlewareHandler {
  return async (c, next) => {
    await next();
    for (const [name, value] of Object.entries(headers)) c.res.headers.set(name, value);
  };
}

/** Answers at the domain itself and at loopback addresses only, so that a name that someone else points here reaches nothing. Throws `host.unknown`. */
export function checkHost(urls: Urls): MiddlewareHandler {
  return async (c, next) => {
    const host = c.req.header("host") ?? new URL(c.req.url).host;
    if (!isOurs(host, urls)) {
      throw new BerthError("host.unknown", `The API is not at the host ${JSON.stringify(host)}.`, {
        path: "Host",
        hint: `It is at ${urls.origin}.`,
      });
    }
    await next();
  };
}

function isOurs(host: string, urls: Urls): boolean {
  if (host === `127.0.0.1:${urls.port}` || host === `[::1]:${urls.port}`) return true;
  const cut = /^(?<name>[^:]+)(?::(?<port>\d+))?$/.exec(host)?.groups;
  if (cut?.["name"] === undefined || parseHost(cut["name"], urls.domain)?.kind !== "berth") return false;
  const { port, protocol } = new URL(urls.origin);
  const standard = protocol === "https:" ? "443" : "80";
  return (cut["port"] ?? standard) === (port === "" ? standard : port);
}

const safeMethods = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Refuses what a web page of somebody else makes a browser send. Apps live on hosts beside the API's, so the same site is not
 * trusted either, only the same origin. Programs send none of these headers. Throws `auth.forbidden`.
 */
export function refuseOtherSites(urls: Urls): MiddlewareHandler {
  return async (c, next) => {
    const isUpgrade = c.req.header("upgrade") !== undefined;
    const changes = !safeMethods.has(c.req.method) || isUpgrade;
    const origin = c.req.header("origin");
    if (changes && origin !== undefined && origin !== urls.origin) throw otherSite(origin, urls);
    const site = c.req.header("sec-fetch-site");
    const carries = c.req.header("authorization") !== undefined || c.req.header("cookie") !== undefined;
    if ((changes || carries) && (site === "cross-site" || site === "same-site")) throw otherSite(origin ?? site, urls);
    await next();
  };
}

function otherSite(from: string, urls: Urls): BerthError {
  return new BerthError("auth.forbidden", `A web page of another origin (${from}) may not use the API.`, {
    path: "Origin",
    hint: `Only pages of ${urls.origin} may; programs send no Origin header.`,
  });
}
