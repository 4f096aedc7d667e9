import type { ErrorCode } from "@berth/core/errors";

/** What scripts can trust. Explained by `berth help exit-codes`. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  forbidden: 3,
  notFound: 4,
  unreachable: 5,
  interrupted: 130,
} as const;

const byCode: Partial<Record<ErrorCode, number>> = {
  "app.invalid-name": exitCodes.usage,
  "app.not-found": exitCodes.notFound,
  "auth.forbidden": exitCodes.forbidden,
  "auth.required": exitCodes.forbidden,
  "cluster.not-found": exitCodes.notFound,
  "environment.not-found": exitCodes.notFound,
  "host.unknown": exitCodes.unreachable,
  "input.invalid": exitCodes.usage,
  "instance.not-found": exitCodes.notFound,
  "not-found": exitCodes.notFound,
  "operation.not-found": exitCodes.notFound,
  "release.not-found": exitCodes.notFound,
  "server.unreachable": exitCodes.unreachable,
  "settings.invalid": exitCodes.usage,
};

/** The exit code for an error; 1 where no other says more. */
export function exitCodeOf(code: ErrorCode): number {
  return byCode[code] ?? exitCodes.failed;
}

export const exitCodesHelp = `Exit codes

  0    It is done.
  1    What was asked failed: the build failed, the release did not become healthy, the rollback was refused,
       the drill did worse than what is live.
  2    The command line, a name or a setting is not understood.
  3    Not logged in, or the role of the token does not allow it.
  4    There is no such app, environment, release, operation, cluster or token.
  5    The server does not answer.
  any  Of berth exec and berth run: that of the program they run.
  130  Interrupted with Ctrl-C. A deploy or rollback that had begun goes on at the server, a drill is ended.

Errors go to the error output: \`error:\` what is wrong, \`hint:\` what to do. With --json they are one JSON
object there, {"error": {"code", "detail", "path", "hint", "errors"}}, and standard output has only the result.`;
