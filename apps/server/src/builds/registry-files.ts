import type { SettingsFile } from "@berth/builders";
import { withoutLogins } from "./registry-variables.ts";

/** A file in which a package manager is told where its registry is. */
interface RegistryFile {
  /** Where it is, relative to the home folder of whoever runs Berth; the first that is there counts. */
  from: readonly string[];
  /** Where steps find it. */
  place: SettingsFile["place"];
  path: string;
  /** What of it is left for builds. */
  filter(text: string): string;
}

const npmSettings =
  /^((@[\w.-]+:)?registry|proxy|https?-proxy|noproxy|cafile|ca|ca\[\]|strict-ssl|fetch-\w[\w-]*|maxsockets)\s*=/;

/** What says where registries are and how they are reached. Logins stay behind. */
export const registryFiles: readonly RegistryFile[] = [
  {
    from: [".npmrc"],
    place: "home",
    path: ".npmrc",
    filter: (text) => keepLines(text, (line) => npmSettings.test(line)),
  },
  {
    from: [".yarnrc.yml"],
    place: "home",
    path: ".yarnrc.yml",
    filter: (text) => keepLines(text, (line) => !/^\s*npm(AuthToken|AuthIdent|AlwaysAuth)\b/.test(line)),
  },
  {
    from: [".config/pip/pip.conf", ".pip/pip.conf"],
    place: "home",
    path: ".config/pip/pip.conf",
    filter: withoutLogins,
  },
  { from: [".config/uv/uv.toml"], place: "home", path: ".config/uv/uv.toml", filter: withoutLogins },
  // Cargo looks for it in the folders above the source; its own home is the cache that all builds share.
  {
    from: [".cargo/config.toml", ".cargo/config"],
    place: "above",
    path: ".cargo/config.toml",
    filter: (text) => keepLines(text, (line) => !/^\s*(token|secret-key|credential-provider)\s*=/.test(line)),
  },
  {
    from: [".m2/settings.xml"],
    place: "home",
    path: ".m2/settings.xml",
    filter: withoutXml(["servers", "username", "password"]),
  },
  {
    from: [".bundle/config"],
    place: "home",
    path: ".bundle/config",
    filter: (text) => keepLines(text, (line) => /^(---|BUNDLE_(MIRROR__|SSL_))/.test(line)),
  },
  {
    from: [".config/composer/config.json", ".composer/config.json"],
    place: "home",
    path: ".config/composer/config.json",
    filter: withoutKeys(["http-basic", "bearer", "github-oauth", "gitlab-oauth", "gitlab-token", "bitbucket-oauth"]),
  },
  {
    from: [".nuget/NuGet/NuGet.Config"],
    place: "home",
    path: ".nuget/NuGet/NuGet.Config",
    filter: withoutXml(["packageSourceCredentials", "apikeys"]),
  },
];

/** The settings files that steps get, of those that `read` finds in the home folder. */
export function registrySettings(read: (path: string) => string | null): SettingsFile[] {
  return registryFiles.flatMap(({ from, place, path, filter }) => {
    const text = from.map(read).find((found) => found !== null);
    const content = text == null ? "" : withoutLogins(filter(text));
    return content.trim() === "" ? [] : [{ place, path, content }];
  });
}

function keepLines(text: string, isKept: (line: string) => boolean): string {
  return text
    .split("\n")
    .filter((line) => line.trim() === "" || isKept(line))
    .join("\n");
}

function withoutXml(elements: readonly string[]) {
  return (text: string) =>
    elements.reduce((left, name) => left.replace(new RegExp(`<${name}\\b[^>]*>[\\s\\S]*?</${name}>`, "g"), ""), text);
}

function withoutKeys(keys: readonly string[]) {
  return (text: string): string => {
    try {
      return JSON.stringify(JSON.parse(text, (key, value: unknown) => (keys.includes(key) ? undefined : value)));
    } catch {
      return "";
    }
  };
}
