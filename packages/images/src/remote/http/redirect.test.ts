import { describe, expect, it, test } from "vitest";
import { failureOf } from "../testing/remote.ts";
import { followRedirect, headersFor, isRedirect, uploadLocation } from "./redirect.ts";

const url = (text: string) => new URL(text);

describe("a redirect", () => {
  test.each([
    ["https://a.example/v2/x", "/v2/y", "https://a.example/v2/y"],
    ["https://a.example/v2/x", "https://b.example/y?z", "https://b.example/y?z"],
    ["http://127.0.0.1:5000/x", "http://b.example/y", "http://b.example/y"],
  ])("from %s to %s leads to %s", (from, to, expected) => {
    expect(followRedirect(url(from), to).href).toBe(expected);
  });

  test.each([
    ["https://a.example/", "http://a.example/"],
    ["https://a.example/", "http://127.0.0.1/"],
    ["https://a.example/", "file:///etc/passwd"],
    ["https://a.example/", "http://["],
    ["https://a.example/", undefined],
  ])("from %s to %s is not followed", async (from, to) => {
    expect(await failureOf((async () => followRedirect(url(from), to))())).toMatchObject({ name: "RemoteProblem" });
  });

  it("takes credentials along only to the same origin", () => {
    const headers = { Authorization: "secret", range: "bytes=1-" };
    expect(headersFor(headers, url("https://a.example/x"), url("https://a.example/y"))).toEqual(headers);
    for (const other of ["https://a.example:444/", "http://a.example/", "https://b.example/", "https://a.example.b/"])
      expect(headersFor(headers, url("https://a.example/x"), url(other))).toEqual({ range: "bytes=1-" });
  });

  it("is followed with a body only where the method stays", () => {
    expect([301, 302, 303, 307, 308].filter((status) => isRedirect(status, "GET"))).toHaveLength(5);
    expect([301, 302, 303, 307, 308].filter((status) => isRedirect(status, "PUT"))).toEqual([307, 308]);
  });
});

describe("the place of an upload", () => {
  test.each([
    ["https://a.example/v2/", "/v2/x/uploads/1?_state=abc", "https://a.example/v2/x/uploads/1?_state=abc"],
    // A proxy ended HTTPS, and the registry behind it does not know.
    ["https://a.example/v2/", "http://a.example/v2/x/uploads/1?a=b", "https://a.example/v2/x/uploads/1?a=b"],
    ["https://a.example:8443/v2/", "http://a.example/v2/x", "https://a.example:8443/v2/x"],
    ["https://a.example/v2/", "https://storage.example/x", "https://storage.example/x"],
  ])("of %s that says %s is %s", (from, location, expected) => {
    expect(uploadLocation(url(from), location).href).toBe(expected);
  });
});
