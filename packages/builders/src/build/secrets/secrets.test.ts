import { describe, expect, it } from "vitest";
import { makeSecrets } from "./secrets.ts";
import { SecretFound, watchForSecrets } from "./watch-stream.ts";

const value = "hunter2+/hunter2";

describe("a text", () => {
  it.each([
    ["as it is", value],
    ["as part of an address", encodeURIComponent(value)],
    ["in JSON", JSON.stringify(`${value}`)],
    ["in base64 after nothing", Buffer.from(value).toString("base64url")],
    ["in base64 after one byte", Buffer.from(`:${value}:`).toString("base64")],
    ["in base64 after two bytes", Buffer.from(`u:${value}`).toString("base64")],
    ["in base64 after a name", Buffer.from(`a-user:${value}`).toString("base64")],
  ])("with a secret %s has it masked", (_, text) => {
    const masked = makeSecrets({ TOKEN: value }).mask(`before ${text} after`);
    expect(masked).toContain("***");
    expect(masked).toMatch(/^before .* after$/);
    expect(masked.length).toBeLessThan(`before ${text} after`.length);
  });

  it("has each line of a longer secret masked, and the longest form first", () => {
    const key =
      "-----BEGIN KEY-----\nabcdefghijklmnopqrstuvwxyz012345\nABCDEFGHIJKLMNOPQRSTUVWXYZ678901\n-----END KEY-----\n";
    const { mask } = makeSecrets({ KEY: key, PART: "abcdefgh" });
    expect(mask("line abcdefghijklmnopqrstuvwxyz012345 end")).toBe("line *** end");
    expect(mask("-----BEGIN KEY-----")).toBe("-----BEGIN KEY-----");
    expect(mask("only abcdefgh")).toBe("only ***");
  });

  it("keeps what is too short to be a secret", () => {
    expect(makeSecrets({ ON: "1", EMPTY: "" }).mask("1 of 10")).toBe("1 of 10");
  });
});

describe("a stream", () => {
  async function* chunks(...texts: string[]) {
    for (const text of texts) yield Buffer.from(text);
  }

  it("ends where a secret is in it, also across the border of two chunks", async () => {
    const secrets = makeSecrets({ TOKEN: value });
    const passed: string[] = [];
    const read = async () => {
      for await (const chunk of watchForSecrets(chunks("one ", "hunt", "er2+/h", "unter2", "after"), secrets)) {
        passed.push(Buffer.from(chunk).toString());
      }
    };
    await expect(read()).rejects.toThrow(SecretFound);
    expect(passed.join("")).not.toContain(value);
  });

  it("passes unchanged where there is none", async () => {
    const passed = await Array.fromAsync(watchForSecrets(chunks("a", "b"), makeSecrets({ TOKEN: value })));
    expect(Buffer.concat(passed).toString()).toBe("ab");
  });
});
