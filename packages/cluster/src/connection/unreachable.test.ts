import { describe, expect, it } from "vitest";
import { certaintyOf, unreachable } from "./unreachable.ts";

function failure(code: string): Error {
  return Object.assign(new Error(`${code} somewhere`), { code });
}

describe("unreachable", () => {
  it("names host and reason", () => {
    expect(unreachable("https://10.0.0.1:6443", failure("ECONNREFUSED"))).toMatchObject({
      code: "cluster.unreachable",
      message: "The cluster at 10.0.0.1:6443 does not answer: nothing listens there.",
    });
  });

  it("looks into the errors of several addresses", () => {
    const error = new AggregateError([failure("ECONNREFUSED"), failure("EHOSTUNREACH")]);
    expect(unreachable("https://k8s.test", error).message).toContain("nothing listens there");
    expect(certaintyOf(error)).toBe("unsent");
  });

  it("says what to look at where the certificate is not trusted", () => {
    const error = failure("SELF_SIGNED_CERT_IN_CHAIN");
    expect(unreachable("https://k8s.test", error).hint).toContain("certificate authority");
    expect(certaintyOf(error)).toBe("final");
  });
});

describe("certaintyOf", () => {
  it("does not know whether what broke off was done", () => {
    expect(certaintyOf(failure("ECONNRESET"))).toBe("unknown");
    expect(certaintyOf(failure("UND_ERR_SOCKET"))).toBe("unknown");
  });
});
