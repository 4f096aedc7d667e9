import { randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { makeImage, makeLayer } from "../testing/make-image.ts";
import { describeWithDocker } from "../testing/requires-docker.ts";
import { loadImage } from "../load/load-image.ts";
import { openEvents, parseEvent } from "./events.ts";

it("reads an event, and nothing of what is none", () => {
  const line = '{"Type":"container","Action":"die","Actor":{"ID":"abc","Attributes":{"exitCode":"3"}}}';
  expect(parseEvent(line)).toEqual({ type: "container", action: "die", id: "abc", attributes: { exitCode: "3" } });
  expect([parseEvent("{"), parseEvent('"text"'), parseEvent("{}")]).toEqual([null, null, null]);
});

await describeWithDocker("openEvents", (engine) => {
  it("tells of what its filters let through, until it is closed", async () => {
    const label = `dev.berth.test=${randomBytes(8).toString("hex")}`;
    const [key = "", value = ""] = label.split("=");
    const { id, name } = await loadImage(
      engine,
      makeImage([await makeLayer({ one: value })]),
      `berth-test/${value}:one`,
    );
    const seen: string[] = [];
    let tell: () => void = () => {};
    const destroyed = new Promise<void>((resolve) => (tell = resolve));
    const events = await openEvents(engine, { type: ["container"], label: [label] }, ({ action }) => {
      seen.push(action);
      if (action === "destroy") tell();
    });
    try {
      const other = await engine.ask((docker) => docker.createContainer({ Image: id }));
      await other.remove();
      const ours = await engine.ask((docker) => docker.createContainer({ Image: id, Labels: { [key]: value } }));
      await ours.remove();
      await destroyed;
      expect(seen).toEqual(["create", "destroy"]);
    } finally {
      events.close();
      await events.ended;
      await engine.ask((docker) => docker.getImage(name).remove({ force: true }));
    }
  });
});
