import { describe, expect, it } from "vitest";
import { closeFrame, frame, readExecResult, resizeFrame } from "./channels.ts";

describe("frames", () => {
  it("begin with their channel", () => {
    expect([...frame(0, "hi")]).toEqual([0, 104, 105]);
    expect(Buffer.from(resizeFrame({ columns: 80, rows: 24 })).toString()).toBe('\u0004{"Width":80,"Height":24}');
  });

  it("can end the input only where the protocol has a word for it", () => {
    expect([...(closeFrame(0, "v5.channel.k8s.io") ?? [])]).toEqual([255, 0]);
    expect(closeFrame(0, "v4.channel.k8s.io")).toBeNull();
  });
});

describe("readExecResult", () => {
  it("reads exit codes", () => {
    expect(readExecResult('{"status":"Success"}')).toEqual({ exitCode: 0, message: null });
    const details = { causes: [{ reason: "ExitCode", message: "3" }] };
    expect(readExecResult(JSON.stringify({ status: "Failure", reason: "NonZeroExitCode", details }))).toEqual({
      exitCode: 3,
      message: null,
    });
  });

  it("gives the words where nothing was started", () => {
    expect(readExecResult('{"status":"Failure","message":"no such file"}')).toEqual({
      exitCode: null,
      message: "no such file",
    });
    expect(readExecResult("container not found\n")).toEqual({ exitCode: null, message: "container not found" });
  });
});
