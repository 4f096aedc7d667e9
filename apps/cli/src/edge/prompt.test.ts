import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { ask, askSecret } from "./prompt.ts";

function streams() {
  const input = new PassThrough() as unknown as NodeJS.ReadStream & PassThrough;
  const shown = new PassThrough();
  let text = "";
  shown.setEncoding("utf8").on("data", (more: string) => (text += more));
  const interrupt = new AbortController();
  const output = shown as unknown as NodeJS.WriteStream;
  return { input, output, interrupt, signal: interrupt.signal, text: () => text };
}

describe("a prompt", () => {
  test("resolves with the trimmed answer", async () => {
    const { input, text, ...rest } = streams();
    const answer = ask({ input, ...rest }, "Name: ");
    input.write(" shop \r");
    expect(await answer).toBe("shop");
    expect(text()).toContain("Name: ");
  });

  test("does not show what is secret", async () => {
    const { input, text, ...rest } = streams();
    const answer = askSecret({ input, ...rest }, "Token: ");
    input.write("berth_se");
    input.write("cret\r");
    expect(await answer).toBe("berth_secret");
    expect(text()).toBe("Token: \n");
  });

  test("resolves with nothing where the input ends", async () => {
    const { input, ...rest } = streams();
    const answer = ask({ input, ...rest }, "Name: ");
    input.end();
    expect(await answer).toBe("");
  });

  test("rejects with Ctrl-C", async () => {
    const { interrupt, ...rest } = streams();
    const answer = ask(rest, "Name: ");
    interrupt.abort();
    await expect(answer).rejects.toThrow(expect.objectContaining({ name: "AbortError" }));
  });
});
