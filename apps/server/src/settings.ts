import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { BerthError } from "@berth/core";
import { z } from "zod";

const port = z.coerce.number().int().min(0).max(65_535);
const domainPattern = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

/** Every setting there is: how it is read, and the line that explains it in errors and in the documentation. */
const settings = {
  BERTH_HOME: {
    schema: z.string().min(1).optional(),
    about: "the folder that holds all state (default ~/.berth)",
  },
  BERTH_PORT: {
    schema: port.default(4000),
    about: "the port for console, API, git and apps (default 4000; 0 picks a free one)",
  },
  BERTH_LISTEN: {
    schema: z.union([z.ipv4(), z.ipv6()]).default("127.0.0.1"),
    about: "the address it listens on (default 127.0.0.1; 0.0.0.0 lets other machines in)",
  },
  BERTH_DOMAIN: {
    schema: z.string().toLowerCase().regex(domainPattern).max(180).default("localhost"),
    about: "the domain below which apps are served (default localhost: shop is at http://shop.localhost:4000)",
  },
  BERTH_ROLE: {
    schema: z.enum(["all"]).default("all"),
    about: "which parts this process runs; all is the one role so far",
  },
  BERTH_LOG: {
    schema: z.enum(["debug", "info", "warn", "error", "silent"]).default("warn"),
    about: "how much the server says on its error output: debug, info, warn, error or silent (default warn)",
  },
} as const;

export interface Settings {
  home: string;
  port: number;
  listen: string;
  domain: string;
  role: "all";
  logLevel: "debug" | "info" | "warn" | "error" | "silent";
}

/** Reads the settings from an environment. Throws `settings.invalid` that names each variable that is wrong and what it is for. */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const given = Object.fromEntries(
    Object.keys(settings).map((name) => [name, env[name] === "" ? undefined : env[name]]),
  );
  const parsed = schema.safeParse(given);
  if (!parsed.success) throw invalidSettings(parsed.error, given);
  const { BERTH_HOME, BERTH_PORT, BERTH_LISTEN, BERTH_DOMAIN, BERTH_ROLE, BERTH_LOG } = parsed.data;
  return {
    home: resolve(BERTH_HOME ?? join(homedir(), ".berth")),
    port: BERTH_PORT,
    listen: BERTH_LISTEN,
    domain: BERTH_DOMAIN,
    role: BERTH_ROLE,
    logLevel: BERTH_LOG,
  };
}

/** The settings as a person reads about them: name and explanation. */
export const settingsHelp: readonly { name: string; about: string }[] = Object.entries(settings).map(
  ([name, { about }]) => ({
    name,
    about,
  }),
);

const schema = z.object({
  BERTH_HOME: settings.BERTH_HOME.schema,
  BERTH_PORT: settings.BERTH_PORT.schema,
  BERTH_LISTEN: settings.BERTH_LISTEN.schema,
  BERTH_DOMAIN: settings.BERTH_DOMAIN.schema,
  BERTH_ROLE: settings.BERTH_ROLE.schema,
  BERTH_LOG: settings.BERTH_LOG.schema,
});

function invalidSettings(error: z.ZodError, given: Record<string, string | undefined>): BerthError {
  const names = [...new Set(error.issues.map(({ path }) => String(path[0])))];
  const details = names.map((name) => {
    const { about } = settings[name as keyof typeof settings];
    return `${name}=${JSON.stringify(given[name])}: it is ${about}`;
  });
  return new BerthError("settings.invalid", `${names.join(" and ")} cannot be used.`, {
    path: names.join(", "),
    details,
  });
}
