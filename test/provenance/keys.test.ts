import { execFileSync, spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { helloApp, makePerson, type Person } from "../cli/cli.ts";
import { type Berth, startBerth } from "../support/berth.ts";
import { describeWith } from "../support/requires.ts";
import { until } from "../support/until.ts";

let berth: Berth;
let ada: Person;
beforeAll(async () => {
  berth = await startBerth();
  ada = makePerson(berth);
  ada.write(helloApp("one"));
  const { code, err } = await ada.berth(["deploy", "--app", "hello"]);
  if (code !== 0) throw new Error(err);
});
afterAll(async () => {
  ada.remove();
  await berth.stop();
});

const berthOf = (...args: string[]) => ada.berth([...args, "--app", "hello"]);

async function keepKey(file: string): Promise<void> {
  const { out } = await berthOf("verify", "--print-key");
  ada.write({ [file]: out });
}

describe("the key of an installation", () => {
  it("is made with the first start and stays, also where another was kept elsewhere", async () => {
    await keepKey("berth.pub");
    const { code, out } = await berthOf("verify", "v1", "--key", "berth.pub");
    expect(out).toMatch(/^ {2}ok +signature +the key that was kept: [0-9a-f]{12} has signed it for sha256:\w{12}/m);
    expect(code).toBe(0);
    await berth.kill();
    await berth.restart();
    expect((await berthOf("verify", "v1", "--key", "berth.pub")).code).toBe(0);
  });

  it("is not any other key", async () => {
    const { publicKey } = generateKeyPairSync("ed25519");
    ada.write({ "other.pub": publicKey.export({ type: "spki", format: "pem" }).toString() });
    const { code, out } = await berthOf("verify", "v1", "--key", "other.pub");
    expect(out).toMatch(/^ {2}FAILED +signature +the key that was kept: it is signed with another key/m);
    expect(code).toBe(1);
  });

  it("has to be one", async () => {
    ada.write({ "no.pub": "no key" });
    expect(await berthOf("verify", "v1", "--key", "no.pub")).toMatchObject({
      code: 2,
      err: expect.stringContaining("no.pub is not a public key"),
    });
    expect(await berthOf("verify", "v1", "--key", "gone.pub")).toMatchObject({ code: 2 });
  });

  it("is given over the API without its private part", async () => {
    const answer = await berth.api()["provenance-key"].$get();
    const text = await answer.text();
    expect(JSON.parse(text)).toMatchObject({ algorithm: "ed25519", id: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(text).not.toContain("PRIVATE");
  });
});

describe("provenance that is missing", () => {
  async function signatureOf(): Promise<string> {
    const { services } = await ada.json<{ services: { checks: { check: string; message: string }[] }[] }>([
      "verify",
      "v1",
      "--app",
      "hello",
    ]);
    return services[0]!.checks.find(({ check }) => check === "signature")!.message;
  }

  it("because a crash came first is made with the next verification, and says so ever after", async () => {
    rmSync(join(berth.home, "images/referrers"), { recursive: true });
    for (let time = 0; time < 2; time++)
      expect(await signatureOf()).toMatch(/, signed after the build and not with it$/);
    expect((await berthOf("verify", "v1")).code).toBe(0);
  });

  it("because a crash came first is made with the next start", async () => {
    await berth.kill();
    rmSync(join(berth.home, "images/referrers"), { recursive: true });
    await berth.restart();
    await until("the provenance of what is live", async () => {
      const { out } = await berthOf("releases", "show", "v1");
      return /signed +by key/.test(out);
    });
    expect(await signatureOf()).toMatch(/, signed after the build and not with it$/);
  });

  it("is not made of a record that was changed in the database; the next deploy builds anew", async () => {
    await berth.kill();
    rmSync(join(berth.home, "images/referrers"), { recursive: true });
    changeRecords(({ commit, ...rest }) => ({ ...rest, commit: commit === null ? "9".repeat(40) : null }));
    await berth.restart();
    for (let time = 0; time < 2; time++) {
      const { code, out } = await berthOf("verify", "v1");
      expect(code).toBe(1);
      expect(out).toMatch(/^ {2}FAILED +signature +there is no provenance signed with the key/m);
      expect(out).toMatch(/^ {2}FAILED +record +what the database says of the build is not what the build has said/m);
    }
    // Of the same source, which these are no part of.
    for (const file of ["berth.pub", "other.pub", "no.pub"]) rmSync(join(ada.folder, file), { force: true });
    const deployed = await ada.berth(["deploy", "--app", "hello"]);
    expect(deployed.out + deployed.err).not.toContain("was built before");
    const { code, out } = await berthOf("verify", "v1");
    expect(out).toMatch(/^ {2}ok +signature +Ed25519, key [0-9a-f]{12}$/m);
    expect(code).toBe(0);
  });

  /** Changes what the database says of how images were made, as whoever can write to it may. */
  function changeRecords(change: (provenance: Record<string, unknown>) => object): void {
    const database = new DatabaseSync(join(berth.home, "berth.db"));
    for (const { rowid, provenance } of database.prepare("select rowid, provenance from artifacts").all()) {
      const changed = JSON.stringify(change(JSON.parse(String(provenance))));
      database.prepare("update artifacts set provenance = ? where rowid = ?").run(changed, Number(rowid));
    }
    database.close();
  }
});

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;

describeWith("openssl", hasOpenssl, "there is none in PATH", () => {
  it("is checked by hand as the documentation says", async () => {
    await keepKey("berth.pub");
    const { out } = await berthOf("releases", "show", "v1", "--provenance");
    const envelope: { payloadType: string; payload: string; signatures: { sig: string }[] } = JSON.parse(out);
    const payload = Buffer.from(envelope.payload, "base64");
    const signed = Buffer.concat([
      Buffer.from(`DSSEv1 ${envelope.payloadType.length} ${envelope.payloadType} ${payload.length} `),
      payload,
    ]);
    const check = (bytes: Buffer) => {
      writeFileSync(join(ada.folder, "signed"), bytes);
      writeFileSync(join(ada.folder, "sig"), Buffer.from(envelope.signatures[0]!.sig, "base64"));
      const args = ["-verify", "-pubin", "-inkey", "berth.pub", "-rawin", "-in", "signed", "-sigfile", "sig"];
      return execFileSync("openssl", ["pkeyutl", ...args], { cwd: ada.folder, encoding: "utf8", stdio: "pipe" });
    };
    expect(check(signed)).toContain("Verified Successfully");
    signed[signed.length - 3]! ^= 1;
    expect(() => check(signed)).toThrow("Command failed");
  });
});
