import type { BaseImage } from "../plan.ts";
import { shortImage } from "../image-name.ts";
import type { PackageChange, PackageChanges } from "./packages.ts";
import { isEmptyDiff, isSame, type FieldChange, type ReleaseDiff, type ServiceDiff } from "./release-diff.ts";
import type { CodeChange, CommitSummary, NamedObject } from "./sides.ts";

/** A line of a diff. */
export interface DiffLine {
  /** `code`, the name of a service, `release`. */
  subject: string;
  text: string;
}

/** So many services have a line of their own where it has to be short, and so many things are named in one. */
const mostServices = 8;
const mostNamed = 3;

/** A diff in a few lines, for who deploys: one for the code, one for each service that changes, and what lasts. */
export function shortDiffLines(diff: ReleaseDiff): DiffLine[] {
  if (diff.before === null) return [];
  if (isEmptyDiff(diff)) return [{ subject: "", text: `nothing is otherwise than in v${diff.before}` }];
  const changed = diff.services.filter((service) => !isSame(service));
  const same = diff.services.length - changed.length;
  const more = changed.length - mostServices;
  return [
    ...(diff.code === null ? [] : [{ subject: "", text: codeText(diff.code) }]),
    ...changed.slice(0, mostServices).map((service) => ({ subject: service.service, text: summaryOf(service) })),
    ...(more > 0 ? [{ subject: "", text: `${more} more services change` }] : []),
    ...(same > 0 && changed.length > 0
      ? [
          {
            subject: "",
            text: `${same} ${same === 1 ? "service goes" : "services go"} on as ${same === 1 ? "it is" : "they are"}`,
          },
        ]
      : []),
    ...commandLines(diff),
    ...lastingLines(diff),
  ];
}

/** All of a diff; none where nothing is otherwise. */
export function diffLines(diff: ReleaseDiff): DiffLine[] {
  if (isEmptyDiff(diff)) return [];
  return [
    ...(diff.code === null ? [] : codeLines(diff.code)),
    ...diff.services.flatMap(serviceLines),
    ...commandLines(diff),
    ...lastingLines(diff),
  ];
}

function codeText({ direction, added, addedCount, removed, removedCount }: CodeChange): string {
  switch (direction) {
    case "same":
      return "the same commit";
    case "unknown":
      return "git has not both commits any more";
    case "forward":
      return `${commits(addedCount)}: ${namedCommits(added, addedCount)}`;
    case "backward":
      return `goes back by ${commits(removedCount)}: without ${namedCommits(removed, removedCount)}`;
    case "aside":
      return `another history: ${commits(addedCount)} more, and without ${commits(removedCount)} that ${removedCount === 1 ? "is" : "are"} live: ${namedCommits(removed, removedCount)}`;
  }
}

function codeLines(code: CodeChange): DiffLine[] {
  const line = (mark: string) => (commit: CommitSummary) => ({
    subject: "code",
    text: `${mark} ${commit.commit.slice(0, 7)} ${commit.message} (${commit.author})`,
  });
  const rest = (mark: string, count: number, named: number) =>
    count > named ? [{ subject: "code", text: `${mark} and ${count - named} more` }] : [];
  const head = code.direction === "forward" || code.direction === "same" ? commitsAhead(code) : codeText(code);
  return [
    { subject: "code", text: head },
    ...code.added.map(line("+")),
    ...rest("+", code.addedCount, code.added.length),
    ...code.removed.map(line("-")),
    ...rest("-", code.removedCount, code.removed.length),
  ];
}

function commitsAhead({ direction, addedCount }: CodeChange): string {
  return direction === "same" ? "the same commit" : commits(addedCount);
}

function commits(count: number): string {
  return `${count} ${count === 1 ? "commit" : "commits"}`;
}

function namedCommits(named: readonly CommitSummary[], count: number): string {
  const texts = named.slice(0, mostNamed).map(({ message, author }) => `${message} (${author})`);
  return [...texts, ...(count > texts.length ? [`and ${count - texts.length} more`] : [])].join(", ");
}

/** A service in one line. */
function summaryOf(service: ServiceDiff): string {
  const { change, fields, packages, base } = service;
  if (change === "new" || change === "gone") return wordOf(change);
  const parts = [
    ...(service.image ? ["another image"] : []),
    ...(base === null ? [] : [baseText(base)]),
    ...envTexts(service).slice(0, mostNamed),
    ...fields.map(fieldText),
    ...(packages === null ? [] : [packagesSummary(packages)]),
  ];
  return parts.length === 0 ? wordOf(change) : `${wordOf(change)}: ${parts.join(", ")}`;
}

function serviceLines(service: ServiceDiff): DiffLine[] {
  const { change, fields, packages, base, objects } = service;
  const line = (text: string): DiffLine => ({ subject: service.service, text });
  const why = change === "restarts" && service.image ? ": another image" : "";
  return [
    line(`${wordOf(change)}${why}`),
    ...(base === null ? [] : [line(baseText(base))]),
    ...envTexts(service).map(line),
    ...fields.map((field) => line(fieldText(field))),
    ...(packages === null ? [] : packageLines(packages).map(line)),
    ...objects.added.map((object) => line(`+ ${objectText(object)}`)),
    ...objects.removed.map((object) => line(`- ${objectText(object)}, once it is not warm any more`)),
  ];
}

function wordOf(change: ServiceDiff["change"]): string {
  return { new: "is new", gone: "ends", restarts: "restarts", stays: "goes on" }[change];
}

function envTexts({ change, env: { added, removed, changed } }: ServiceDiff): string[] {
  if (change === "new" || change === "gone") return [];
  return [
    ...added.map((name) => `+ env ${name}`),
    ...removed.map((name) => `- env ${name}`),
    ...changed.map((name) => `env ${name} has another value`),
  ];
}

function fieldText({ field, before, after }: FieldChange): string {
  return `${field} ${before ?? "none"} → ${after ?? "none"}`;
}

function baseText({ before, after }: { before: BaseImage | null; after: BaseImage | null }): string {
  if (before !== null && after !== null && before.image === after.image)
    return `base ${shortImage(before.image)} ${shortDigest(before)} → ${shortDigest(after)}`;
  return `base ${imageText(before)} → ${imageText(after)}`;
}

function imageText(base: BaseImage | null): string {
  return base === null ? "none" : shortImage(base.image);
}

function shortDigest({ digest }: BaseImage): string {
  return digest === null ? "unpinned" : digest.slice("sha256:".length, "sha256:".length + 12);
}

function packagesSummary({ added, removed, major, minor }: PackageChanges): string {
  const named = major.slice(0, mostNamed).map(changeText);
  const counts = [
    ...(added.length > 0 ? [`+${added.length}`] : []),
    ...(removed.length > 0 ? [`-${removed.length}`] : []),
    ...(minor.length > 0 ? [`${minor.length} updated`] : []),
    ...(major.length > named.length ? [`${major.length} by major`] : []),
  ];
  return `packages ${[...counts, ...named].join(", ")}`;
}

function packageLines({ added, removed, major, minor }: PackageChanges): string[] {
  return [
    ...major.map((change) => `package ${changeText(change)}, a major version`),
    ...added.map(({ name, after }) => `+ package ${name} ${after.join(", ")}`),
    ...removed.map(({ name, before }) => `- package ${name} ${before.join(", ")}`),
    ...minor.map((change) => `package ${changeText(change)}`),
  ];
}

function changeText({ name, before, after }: PackageChange): string {
  return `${name} ${before.join(", ")} → ${after.join(", ")}`;
}

function objectText({ kind, name }: NamedObject): string {
  return `${kind} ${name}`;
}

function commandLines({ command }: ReleaseDiff): DiffLine[] {
  return command === null ? [] : [{ subject: "release", text: fieldText({ ...command, field: "command" }) }];
}

function lastingLines({ lasting }: ReleaseDiff): DiffLine[] {
  return lasting.map((what) => ({ subject: "release", text: `a rollback from it will need --force: ${what}` }));
}
