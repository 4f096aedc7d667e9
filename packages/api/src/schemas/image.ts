import type { AppImages, ImagesReport, ImageSummary } from "@berth/core";
import { z } from "zod";
import { appName, environmentName, versionNumber } from "./common.ts";

const bytes = z.int().min(0);

const imageUser = z
  .object({
    app: appName,
    environment: environmentName,
    version: versionNumber,
    service: z.string(),
    live: z.boolean().describe("Whether that release is live"),
  })
  .meta({ id: "ImageUser", description: "A service of a release that runs an image" });

const imageSchema = z
  .object({
    digest: z.templateLiteral(["sha256:", z.string()]).describe("The digest of its manifest"),
    users: z.array(imageUser).readonly().describe("Newest releases first; empty: nothing needs it"),
    base: z.string().nullable().describe("The image that it lies on; null where it has none in it"),
    sizeBytes: bytes.describe("All that it consists of, compressed"),
    ownBytes: bytes.describe("What would become free without it"),
  })
  .meta({ id: "Image", description: "An image and who needs it" }) satisfies z.ZodType<ImageSummary>;

const appImages = z
  .object({
    app: appName,
    images: z.int().min(0),
    sizeBytes: bytes.describe("Each blob once, without bases"),
    sharedBytes: bytes.describe("What of it other apps have too"),
  })
  .meta({ id: "AppImages", description: "What the images of an app take on the disk" }) satisfies z.ZodType<AppImages>;

export const imagesSchema = z
  .object({
    images: z.array(imageSchema).readonly(),
    apps: z.array(appImages).readonly(),
    basesBytes: bytes.describe("Layers of base images, each once for all apps"),
    unusedBytes: bytes.describe("Images that nothing needs any more"),
    blobsBytes: bytes.describe("The whole store of images"),
    cacheBytes: bytes.describe("What can be made again: plain archives of layers"),
    unpackedBytes: bytes.describe("Copies that processes run"),
  })
  .meta({ id: "Images", description: "Images and what they take on the disk" }) satisfies z.ZodType<ImagesReport>;

export const imagesQuery = z.object({ app: appName.optional() });

export const prunedSchema = z
  .object({ images: z.int().min(0).describe("How many were removed"), freedBytes: bytes })
  .meta({ id: "Pruned", description: "What became free" });

export const exampleImages: z.input<typeof imagesSchema> = {
  images: [
    {
      digest: `sha256:${"9c".repeat(32)}`,
      users: [{ app: "shop", environment: "production", version: 12, service: "web", live: true }],
      base: "docker.io/library/node:24-slim",
      sizeBytes: 81_204_113,
      ownBytes: 48_120,
    },
  ],
  apps: [{ app: "shop", images: 1, sizeBytes: 1_204_113, sharedBytes: 0 }],
  basesBytes: 80_000_000,
  unusedBytes: 0,
  blobsBytes: 81_204_113,
  cacheBytes: 3_400_000,
  unpackedBytes: 0,
};
