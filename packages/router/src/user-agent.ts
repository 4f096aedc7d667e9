import { browserAgent } from "@berth/core";

/** A word that a program gives as its name and that says what it does. Cubot makes telephones. */
const robot = /[a-z][\w.-]*?(?:(?<!cu)bot|crawler|spider|monitor|uptime|probe|pinger|check)[\w.-]*/i;
/** The form in which robots that call themselves browsers say who they are. */
const compatible = /\bcompatible;\s*(?!MSIE\b)([a-z][\w.-]*)/i;
const program = /^[a-z][\w.+-]*/i;
const maxLength = 40;

/** The program that a User-Agent names, without version, system or device: `UptimeRobot`, `curl`; all browsers are one. Letters, digits, dots, `+`, `-` and `_` only. */
export function agentFamily(userAgent: string | undefined): string {
  if (userAgent === undefined || userAgent === "") return "unnamed";
  const named = robot.exec(userAgent)?.[0] ?? compatible.exec(userAgent)?.[1] ?? /HeadlessChrome/.exec(userAgent)?.[0];
  const family = named ?? (/^(?:Mozilla|Opera)\//.test(userAgent) ? browserAgent : program.exec(userAgent)?.[0]);
  return (family ?? "other").slice(0, maxLength);
}
