import { shortImage, sizeText } from "@berth/core/light";
import { defineCommand } from "../../framework/command.ts";
import { columns, table } from "../../framework/output.ts";
import { shortDigest } from "../../views/digest.ts";

/** All images have two bytes in common: the `{}` that stands in what lies beside them. */
const noteworthyBytes = 1024;

export const command = defineCommand({
  description:
    "The images of this folder's app with the releases that need them, and what they take on the disk. OWN is what would become free without an image: layers that no other image has.",
  arguments: {},
  options: { all: { about: "The images of all apps, and the disk use of each" } },
  examples: [
    { line: "berth images list", about: "Those of this folder's app" },
    { line: "berth images list --all", about: "All there are" },
  ],
  async run({ options }, context) {
    const client = await context.client();
    const query = options.all ? {} : { app: await context.app() };
    const report = await (await client.api.images.$get({ query })).json();
    const { style } = context.terminal;
    const rows = report.images.map(({ digest, users, base, sizeBytes, ownBytes }) => [
      shortDigest(digest),
      usersText(users, options.all),
      sizeText(sizeBytes),
      sizeText(ownBytes),
      base === null ? "none" : shortImage(base),
    ]);
    const images =
      rows.length === 0
        ? "There are no images yet: git push berth main"
        : table(["IMAGE", "USED BY", "SIZE", "OWN", "BASE"], rows, style);
    const apps = report.apps.map(({ app, images: count, sizeBytes, sharedBytes }) => [
      app,
      String(count),
      sizeText(sizeBytes),
      sharedBytes < noteworthyBytes ? "" : `${sizeText(sharedBytes)} shared with other apps`,
    ]);
    const totals = [
      ["base images", sizeText(report.basesBytes), "each once for all apps"],
      ["unused", sizeText(report.unusedBytes), report.unusedBytes > 0 ? "berth images prune" : ""],
      ["all images", sizeText(report.blobsBytes), ""],
      ["caches", sizeText(report.cacheBytes), "made again when they are missing"],
      ["unpacked", sizeText(report.unpackedBytes), "what processes run"],
    ];
    const parts = [images, ...(apps.length === 0 ? [] : [table(["APP", "IMAGES", "WITHOUT BASES", ""], apps, style)])];
    return { json: report, text: [...parts, columns(totals)].join("\n\n") };
  },
});

type Users = readonly { app: string; environment: string; version: number; service: string; live: boolean }[];

/** `web v12 (live), v11`; of all apps with the app before it. */
function usersText(users: Users, isAll: boolean): string {
  if (users.length === 0) return "nothing";
  const places = Map.groupBy(users, ({ app, environment, service }) => {
    const place = environment === "production" ? service : `${service} (${environment})`;
    return isAll ? `${app}/${place}` : place;
  });
  return [...places]
    .map(([place, here]) => {
      const newest = here.slice(0, 3).map(({ version, live }) => `v${version}${live ? " (live)" : ""}`);
      const more = here.length > 3 ? ` and ${here.length - 3} more` : "";
      return `${place} ${newest.join(", ")}${more}`;
    })
    .join("; ");
}
