import { expect, test } from "vitest";
import { rolloutHint } from "./rollout-hints.ts";

test.each([
  ["it listens on 3000 instead of $PORT (20001)", [], "PORT"],
  ["it has not answered on PORT 20001: nothing listens there", [], "PORT"],
  ["it answers 503 on /healthz; anything below 500 counts as healthy", [], "services.api.health.path"],
  ["it accepts connections on PORT 20001 but has not answered /", [], "services.api.health.timeout"],
  ["it used more memory than its 512 MiB and was stopped", [], "services.api.resources.memory"],
  ["it exited with code 0 right after its start", [], "keep running"],
  ["it exited with code 1 right after its start", ["Error: Cannot find module 'lodash'"], "Add lodash"],
  ["it exited with code 1 right after its start", ["Cannot find package '@a/b' imported from /x"], "Add @a/b"],
  ["it exited with code 1 right after its start", ["Error: Cannot find module '@a/b/lib/c.js'"], "Add @a/b to"],
  ["it exited with code 127 (command not found)", ["sh: 1: exec: nodemn: not found"], "brings nodemn to"],
  ["it could not be started: start.sh has the line ends of Windows, which …", [], "eol=lf"],
  ["it exited with code 3 right after its start", ["started on port 20001", "exited with code 3"], "printed nothing"],
  ["it exited with code 1 right after its start", ["Error: Cannot find module './lib'"], "printed last"],
  ["it exited with code 1 right after its start", ["Error: Cannot find module '/app/x.js'"], "printed last"],
  ["it exited with code 3 right after its start", ["ModuleNotFoundError: No module named 'PIL'"], "brings PIL to"],
  ["it exited with code 1 right after its start", ["No module named 'shop.prices'"], "brings shop to"],
  ["it exited with code 1 right after its start", ["cannot load such file -- pg (LoadError)"], "brings pg to"],
  ["it exited with code 1: it may not write to uploads, which is read-only", [], "services.api.writable"],
  ["it exited with code 1 right after its start", ["Error: EACCES: permission denied, mkdir 'uploads'"], "writable"],
  [
    "it exited with code 1",
    ["Error: ENOENT: no such file or directory, mkdir 'data/uploads'"],
    "services.api.writable: [data/uploads]",
  ],
  ["it exited with code 1", ["Error: ENOENT: no such file or directory, mkdir '/app/x'"], "writable: [uploads]"],
  ["it exited with code 1", ["Error: ENOENT: no such file or directory, open 'a.txt'"], "printed last"],
  ["it exited with code 1", ["PermissionError: [Errno 13] Permission denied: 'uploads'"], "writable"],
  ["it exited with code 1", ["open uploads/a.txt: permission denied"], "writable"],
  ["it exited with code 1", ["Permission denied @ dir_s_mkdir - uploads (Errno::EACCES)"], "writable"],
  ["it exited with code 1", ["Error: listen EACCES: permission denied 0.0.0.0:80"], "printed last"],
  ["it exited with code 1", ["PermissionError: [Errno 13] Permission denied"], "printed last"],
  ["it fits on none of the cluster's 3 nodes: 3 without enough memory", [], "services.api.resources"],
  [
    "it needs more than the environment's quota allows: it asks for pods=1, pods=50 are in use, and pods=50 is the limit",
    [],
    "BERTH_QUOTA",
  ],
  ['it may not run so under Pod Security "restricted:v1.35": runAsUser=0', [], "user other than 0"],
  ["it asks for 4Gi of memory, and the maximum in this environment is 2Gi", [], "services.api.resources"],
  ["the cluster refuses its pods: admission webhook x denied the request: no", [], "what admits pods"],
  ["it waits for a node", [], "kubectl describe pod"],
  ["it is being prepared on node1", [], "kubectl describe pod"],
  ["its image has no valid name: X", [], "kubectl describe pod"],
  ["its container cannot be made: secret not found", [], "kubectl describe pod"],
  ["it was evicted from its node: the node was low on resource: memory", [], "describe nodes"],
  ["it was lost with its node", [], "describe nodes"],
  ["it has failed (UnexpectedAdmissionError)", [], "describe nodes"],
  ["its image x/y@sha256:1 cannot be pulled: the registry refuses the node", [], "may pull from it"],
  ["it is ready, and this server's router has no way to its address 10.244.0.9: …", [], "berth install"],
])("where %s and prints %j it says what to do", (reason, lines, hint) => {
  expect(rolloutHint({ service: "api", reason, lines, stack: "node" })).toContain(hint);
});

test.each([
  ["node", "listen(process.env.PORT)"],
  ["go", 'os.Getenv("PORT")'],
  ["dockerfile", 'EXPOSE 5000, or in berth.yaml, env: { PORT: "5000" }'],
  [null, "PORT says."],
])("an app of the stack %s that listens on another port is told how to find its own", (stack, hint) => {
  const reason = "it listens on 5000 instead of $PORT (8080)";
  expect(rolloutHint({ service: "api", reason, lines: [], stack })).toContain(hint);
});
