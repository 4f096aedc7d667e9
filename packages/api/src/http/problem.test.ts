import { BerthError, type ErrorCode, errorStatus } from "@berth/core";
import { describe, expect, it } from "vitest";
import { errorOf } from "../client/checked-fetch.ts";
import { makeProblem, problemResponse } from "./problem.ts";

describe("an error as a problem", () => {
  it("says what, where and what to do", () => {
    const error = new BerthError("config.invalid", "services.web.scale.max: expected a number", {
      path: "services.web.scale.max",
      hint: "Write a number.",
      details: ["one", "two"],
    });
    expect(makeProblem(error)).toEqual({
      type: "urn:berth:error:config.invalid",
      title: "Config invalid",
      status: 422,
      detail: "services.web.scale.max: expected a number",
      code: "config.invalid",
      path: "services.web.scale.max",
      hint: "Write a number.",
      errors: [{ detail: "one" }, { detail: "two" }],
    });
  });

  it("leaves out what there is nothing to say of", () => {
    expect(Object.keys(makeProblem(new BerthError("internal", "x")))).toEqual([
      "type",
      "title",
      "status",
      "detail",
      "code",
    ]);
  });

  it("comes back from the client as the same error, for every code", () => {
    for (const code of Object.keys(errorStatus) as ErrorCode[]) {
      const error = new BerthError(code, "What is wrong.", { path: "name", hint: "Do this.", details: ["a"] });
      const { message, path, hint, details, status } = error;
      expect(errorOf(makeProblem(error), "http://x")).toMatchObject({ code, message, path, hint, details, status });
    }
  });

  it("keeps its words where the client does not know its code", () => {
    const problem = { ...makeProblem(new BerthError("internal", "New trouble.")), code: "toString" };
    expect(errorOf(problem, "http://x")).toMatchObject({ code: "internal", message: "New trouble." });
    expect(errorOf({ title: "x" }, "http://x")).toMatchObject({ code: "server.unreachable" });
    expect(errorOf(null, "http://x")).toMatchObject({ code: "server.unreachable" });
  });

  it("asks for a token by the header that HTTP has for it", () => {
    const response = problemResponse(new BerthError("auth.required", "This needs a token."));
    expect(response.headers.get("www-authenticate")).toBe('Bearer realm="berth"');
    expect(response.status).toBe(401);
  });
});
