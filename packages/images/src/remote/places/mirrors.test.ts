import { BerthError } from "@berth/core";
import { describe, expect, it, test } from "vitest";
import { failureOf } from "../testing/remote.ts";
import { parseMirrors, placesOf } from "./mirrors.ts";
import { parseRegistry, imageNameAt } from "./registry-address.ts";
import { registryPlace } from "./place.ts";

/** Where `library/node` would be asked for. */
const urls = (registry: string, mirrors: string) =>
  placesOf(registry, parseMirrors(mirrors)).map(({ origin, api, folder }) => `${origin}${api}${folder}library/node`);

describe("places of a registry", () => {
  test.each([
    ["docker.io", "", ["https://registry-1.docker.io/v2/library/node"]],
    ["index.docker.io", "", ["https://registry-1.docker.io/v2/library/node"]],
    ["ghcr.io", "", ["https://ghcr.io/v2/library/node"]],
    ["registry.example:5000", "", ["https://registry.example:5000/v2/library/node"]],
    ["localhost:5055", "", ["http://localhost:5055/v2/library/node"]],
    ["127.8.0.1:5000", "", ["http://127.8.0.1:5000/v2/library/node"]],
    ["[::1]:5000", "", ["http://[::1]:5000/v2/library/node"]],
    [
      "docker.io",
      "docker.io=http://127.0.0.1:5055, docker.io=https://mirror.example,ghcr.io=https://other.example",
      [
        "http://127.0.0.1:5055/v2/library/node",
        "https://mirror.example/v2/library/node",
        "https://registry-1.docker.io/v2/library/node",
      ],
    ],
    [
      "ghcr.io",
      "ghcr.io=https://mirror.example/ghcr/",
      ["https://mirror.example/v2/ghcr/library/node", "https://ghcr.io/v2/library/node"],
    ],
    [
      "ghcr.io",
      "ghcr.io=https://art.example/api/docker/hub/v2",
      ["https://art.example/api/docker/hub/v2/library/node", "https://ghcr.io/v2/library/node"],
    ],
    [
      "docker.io",
      "registry-1.docker.io=mirror.example",
      ["https://mirror.example/v2/library/node", "https://registry-1.docker.io/v2/library/node"],
    ],
    [
      "docker.io",
      "docker.io=localhost:5055",
      ["http://localhost:5055/v2/library/node", "https://registry-1.docker.io/v2/library/node"],
    ],
    // A registry's own address only says that it speaks plain HTTP.
    ["registry.lan:5000", "registry.lan:5000=http://registry.lan:5000", ["http://registry.lan:5000/v2/library/node"]],
  ])("%s with %j is asked for at %j", (registry, mirrors, expected) => {
    expect(urls(registry, mirrors)).toEqual(expected);
  });

  it("speaks HTTPS to what only looks like this machine", () => {
    for (const host of ["localhost.example", "127.example:5000", "128.0.0.1", "registry.lan"])
      expect(registryPlace(host).origin).toMatch(/^https:/);
  });
});

describe("BERTH_MIRRORS", () => {
  it("is nothing where it is empty", () => {
    expect(parseMirrors("").size).toBe(0);
    expect(parseMirrors(" , ").size).toBe(0);
  });

  test.each([
    ["docker.io", "there is no = between the registry and its mirror"],
    ["docker.io=ftp://mirror.example", "it is reached by http or https, not ftp"],
    ["docker.io=https://ada:secret@mirror.example", "credentials do not belong into it"],
    ["docker.io=https://mirror.example/?a=b", "without ? or #"],
    ["docker.io=https://mirror.example:99999", "is not the URL of a registry"],
    ["docker.io=https://mirror.example/Up%20per", "is not a folder of images"],
    ["docker.io/library=https://mirror.example", "is not the host of a registry"],
    ["docker.io=", "is not the URL of a registry"],
  ])("%j is refused: %s", async (text, why) => {
    const error = await failureOf((async () => parseMirrors(`ghcr.io=https://fine.example,${text}`))());
    expect(error).toBeInstanceOf(BerthError);
    expect(error).toMatchObject({ code: "settings.invalid", path: "BERTH_MIRRORS" });
    expect((error as BerthError).details).toHaveLength(1);
    expect((error as BerthError).details[0]).toMatch(/^entry 2, /);
    expect((error as BerthError).details[0]).toContain(why);
    expect(String((error as BerthError).hint)).not.toContain("secret");
  });
});

describe("BERTH_REGISTRY", () => {
  test.each([
    ["ghcr.io/team", "https://ghcr.io", "ghcr.io/team/shop"],
    ["localhost:5055", "http://localhost:5055", "localhost:5055/shop"],
    ["http://registry.lan:5000/a/b", "http://registry.lan:5000", "registry.lan:5000/a/b/shop"],
    ["docker.io/acme", "https://registry-1.docker.io", "docker.io/acme/shop"],
  ])("%s is reached at %s, and names images %s", (text, origin, name) => {
    const address = parseRegistry(text);
    expect(address.origin).toBe(origin);
    expect(imageNameAt(address, "shop")).toBe(name);
  });

  test.each(["ssh://registry.example", "myteam", "myteam/apps"])("%s is refused: it is no registry", async (text) => {
    const error = await failureOf((async () => parseRegistry(text))());
    expect(error).toMatchObject({ code: "settings.invalid", path: "BERTH_REGISTRY" });
  });
});
