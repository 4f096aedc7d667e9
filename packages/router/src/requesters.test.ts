import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { expect, it } from "vitest";
import { networkOfAddress, Requesters } from "./requesters.ts";

const minuteMs = 60_000;

function from(userAgent: string): { req: IncomingMessage; host: string } {
  const req = new IncomingMessage(new Socket());
  req.headers["user-agent"] = userAgent;
  return { req, host: "shop.localhost" };
}

it("tells how often who asks, by program", () => {
  const requesters = new Requesters();
  const robot = from("Mozilla/5.0+(compatible; UptimeRobot/2.0)");
  for (let minute = 0; minute < 300; minute++) {
    requesters.note(robot, minute * minuteMs);
    if (minute % 60 === 0) requesters.note(from("curl/8"), minute * minuteMs);
  }
  const [first, second] = requesters.top(300 * minuteMs);
  expect(first).toMatchObject({ agent: "UptimeRobot", lastAt: 299 * minuteMs });
  expect(first!.perHour).toBeGreaterThan(55);
  expect(first!.perHour).toBeLessThan(65);
  expect(second!.agent).toBe("curl");
  expect(second!.perHour).toBeLessThan(2);
  expect(requesters.top(72 * 60 * minuteMs)).toEqual([]);
});

it("keeps who asks much among thousands that ask once, in bounded room", () => {
  const requesters = new Requesters();
  const steady = from("steady/1");
  for (let at = 0; at < 5_000; at++) {
    requesters.note(from(`agent${at}/1`), at);
    if (at % 5 === 0) requesters.note(steady, at);
  }
  const top = requesters.top(5_000);
  expect(top[0]!.agent).toBe("steady");
  expect(top).toHaveLength(5);
});

it.each([
  ["203.0.113.77", "203.0.113.0/24"],
  ["::ffff:203.0.113.77", "203.0.113.0/24"],
  ["2001:db8:1:2::77", "2001:db8:1::/48"],
  ["2001:db8::77", "2001:db8:0::/48"],
  ["::1", "0:0:0::/48"],
  ["", "unknown"],
])("%j is in %s", (address, network) => {
  expect(networkOfAddress(address)).toBe(network);
});
