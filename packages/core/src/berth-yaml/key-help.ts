/** What may be said of a variable whose value comes from elsewhere. */
const variable = {
  generate: "So many random bytes are drawn, once for each environment.",
  required: "A deploy is refused, before anything is built, where it has no value.",
  pattern: "A regular expression that its value has to match.",
  default: "Its value where none is set.",
  description: "What it is for: shown where it is missing.",
};

function variablesAt(path: string): Record<string, string> {
  return Object.fromEntries(Object.entries(variable).map(([key, help]) => [`${path}.*.${key}`, help]));
}

/** What each key of berth.yaml means, in a sentence for editors. `*` stands for a name that is the author's. docs/berth-yaml.md says more. */
export const keyHelp: Readonly<Record<string, string>> = {
  name: "What `berth link` calls the app.",
  env: "Variables of all services.",
  ...variablesAt("env"),
  services: "The services by name. Without any, what the folder holds is one service, called web.",
  "services.*": "One process type of the app: a web server, a worker, or what runs at certain times.",
  "services.*.source": "The folder of the repository that is built. Default: the root.",
  "services.*.command": "What starts it. Default: from the stack.",
  "services.*.routes":
    "Path prefixes it answers at; the longest that fits wins. None: it is not reachable from outside.",
  "services.*.health": "When a new instance is ready for requests.",
  "services.*.health.path": "The path that is asked until it answers below 500. Default: /",
  "services.*.health.timeout": "How long a new instance may take until it is ready. Default: 30s",
  "services.*.scale": "How many instances run: a number, or bounds to follow the load. Default: 1",
  "services.*.scale.min":
    "At least so many instances. With 0 it sleeps when no request came for `idle`, or no work waited.",
  "services.*.scale.max": "At most so many instances.",
  "services.*.scale.idle":
    "How long without requests until it sleeps, or with less load until instances end. Default: 5m",
  "services.*.scale.concurrency":
    "How many requests an instance has in flight at most: more of them start more instances.",
  "services.*.scale.cpu": "How much of `resources.cpu` each instance is to use, such as 70%.",
  "services.*.scale.metric":
    "A command that says how much work waits: a worker has as many instances as that asks for.",
  "services.*.scale.metric.command": "Prints how much waits in all, as its last line.",
  "services.*.scale.metric.target": "How much of it is for one instance.",
  "services.*.scale.metric.every": "How often it runs. Default: 15s",
  "services.*.scale.wake": "How requests wait while it wakes.",
  "services.*.scale.wake.timeout": "How long a request waits for an instance. Default: 30s",
  "services.*.scale.wake.queue": "How many requests wait at once. Default: 1000",
  "services.*.resources": "What each instance is given.",
  "services.*.resources.cpu": "Processors, such as 250m or 0.5. Default: 250m",
  "services.*.resources.memory": "Memory, such as 256Mi. What uses more is ended. Default: 512Mi",
  "services.*.env": "Variables, on top of those of all services.",
  ...variablesAt("services.*.env"),
  "services.*.stop": "How instances end.",
  "services.*.stop.grace": "How long it may take to stop after SIGTERM. Default: 10s",
  "services.*.build": "A command that replaces the stack's build, or more about the build.",
  "services.*.build.command": "What replaces the stack's build.",
  "services.*.build.env": "Variables of the build.",
  "services.*.build.secrets": "Secrets that the build may read, by name.",
  "services.*.output": "The folder of a built static site.",
  "services.*.writable": "Folders that it writes to while it runs; all else is read-only.",
  "services.*.base": "The image it runs on, such as node:24-slim.",
  "services.*.dockerfile": "Another Dockerfile than `Dockerfile`.",
  "services.*.stack": "The stack, where detection would take another.",
  "services.*.version": "The version of the language, such as 22.",
  "services.*.schedule":
    "When it runs: minute, hour, day of the month, month, day of the week; or @daily. It has no instances then.",
  "services.*.timezone": "The time zone of its schedule, such as Europe/Berlin. Default: UTC",
  "services.*.overlap": "What is done where it is due while a run before still goes on. Default: skip",
  "services.*.timeout": "A run is ended after so long. Default: 1d",
  "services.*.catchUp": "The newest run that was missed is made up for as long after its time. Default: not at all",
  environments: "Which branches deploy to environments that last: a branch or a pattern such as release/*, or several.",
  previews: "What is otherwise in previews.",
  "previews.ttl": "How long a preview stays that nobody uses, or never. Default: 7d",
  "previews.cap": "How many previews there are at most. Default: 50",
  "previews.services": "Which services previews have. Default: all",
  "previews.sleep": "Whether previews sleep while nobody asks for them. Default: true",
  "previews.protected": "Whether only who was given a link sees previews. Default: false",
  "previews.env": "Variables of previews, on top of those of all services and of each.",
  ...variablesAt("previews.env"),
  "previews.crons": "Whether services with a schedule run in previews, too. Default: false",
  release: "What each deploy runs once, before its release takes requests.",
  "release.command": "The command, such as a migration.",
  "release.service": "Whose image, variables and resources it has. Default: the service that takes requests.",
  "release.timeout": "It is ended after so long. Default: 10m",
  "release.undo": "What takes back what the command did, where a rollback goes across its release.",
  "release.rollback": "safe: the releases before work with what the command does, and a rollback may go across it.",
};
