import { expect, it } from "vitest";
import { agentFamily } from "./user-agent.ts";

it.each([
  ["Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)", "UptimeRobot"],
  ["Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Googlebot"],
  [
    "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile Safari/537.36 (compatible; bingbot/2.0)",
    "bingbot",
  ],
  ["Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)", "Pingdom.com_bot_version_1.4_"],
  ["kube-probe/1.33", "kube-probe"],
  ["Mozilla/5.0 (compatible; Example/1.0)", "Example"],
  ["Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "browser"],
  [
    "Mozilla/5.0 (Linux; Android 11; CUBOT_NOTE_20) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile Safari/537.36",
    "browser",
  ],
  ["Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 6.0)", "browser"],
  [
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/140.0 Safari/537.36",
    "HeadlessChrome",
  ],
  ["curl/8.14.1", "curl"],
  ["python-requests/2.32", "python-requests"],
  ["<script>alert(1)</script>", "other"],
  ["\u001b[31mred", "other"],
  [`a${"b".repeat(500)}`, `a${"b".repeat(39)}`],
  [undefined, "unnamed"],
])("%s is %s", (userAgent, family) => {
  expect(agentFamily(userAgent)).toBe(family);
});
