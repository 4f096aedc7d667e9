import { describe, expect, it } from "vitest";
import { makeUrls } from "./urls.ts";

const production = { app: "shop", environment: "production" };
const topic = { app: "shop", environment: "topic" };

describe("the URLs of an installation", () => {
  it("are plain HTTP at the port it listens on", () => {
    const urls = makeUrls({ domain: "localhost", port: 4000 });
    expect(urls.origin).toBe("http://localhost:4000");
    expect(urls.ofEnvironment(production)).toBe("http://shop.localhost:4000");
    expect(urls.ofEnvironment(topic)).toBe("http://shop--topic.localhost:4000");
    expect(urls.ofRelease(production, 12)).toBe("http://shop--v12.localhost:4000");
    expect(urls.ofRelease(topic, 12)).toBeNull();
  });

  it("leave out a standard port", () => {
    expect(makeUrls({ domain: "example.com", port: 80 }).ofEnvironment(production)).toBe("http://shop.example.com");
  });

  it("are those of what stands in front of it", () => {
    const urls = makeUrls({ domain: "example.com", port: 4000, publicOrigin: "https://example.com" });
    expect(urls).toMatchObject({ origin: "https://example.com", port: 4000 });
    expect(urls.ofEnvironment(topic)).toBe("https://shop--topic.example.com");
  });
});
