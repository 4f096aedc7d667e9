import { expect, test } from "vitest";
import { readDockerfile } from "./read-dockerfile.ts";

test("reads the last stage, with its continued lines and without comments", () => {
  const text = `# syntax=docker/dockerfile:1
FROM golang:1.26 AS build
EXPOSE 1
RUN go build \\
  # a comment between
  -o /server .

from --platform=linux/amd64 debian:bookworm-slim
COPY --from=build /server /
ENV A=1 B="two words" \\
    C=3
EXPOSE 3000 9000/tcp 53/udp
entrypoint ["/server"]
`;
  expect(readDockerfile(text)).toEqual({
    from: "debian:bookworm-slim",
    env: { A: "1", B: "two words", C: "3" },
    ports: [3000, 9000],
    hasCommand: true,
  });
});

test("a stage takes over what the stage it stands on says", () => {
  const text = "FROM node:24 AS base\nENV PORT=8080\nEXPOSE 8080\nCMD node a.js\nFROM Base\nEXPOSE 9090\n";
  expect(readDockerfile(text)).toEqual({
    from: "node:24",
    env: { PORT: "8080" },
    ports: [8080, 9090],
    hasCommand: true,
  });
});

test("fills in arguments and variables as Docker does", () => {
  const text = `ARG TAG=24-slim
ARG UNKNOWN
FROM node:\${TAG}
ARG TAG
ARG PORT=\${OTHER:-4000}
ENV TAG_SEEN $TAG
ENV HTTP_PORT=\${PORT}
EXPOSE $HTTP_PORT \${PORT:+4001}/tcp
`;
  expect(readDockerfile(text)).toMatchObject({
    from: "node:24-slim",
    env: { TAG_SEEN: "24-slim", HTTP_PORT: "4000" },
    ports: [4000, 4001],
  });
  expect(readDockerfile("ARG BASE\nFROM $BASE\n")?.from).toBeNull();
  expect(readDockerfile("FROM scratch\n")?.from).toBeNull();
});

test("leaves out the bodies of here-documents", () => {
  const text = `FROM debian
RUN <<EOF bash
EXPOSE 1
CMD no
EOF
COPY <<-"a" <<b /x/
EXPOSE 2
a
EXPOSE 3
b
EXPOSE 4
`;
  expect(readDockerfile(text)).toMatchObject({ ports: [4], hasCommand: false });
});

test("continues lines by another character where the file says so", () => {
  expect(readDockerfile("# escape=`\nFROM debian\nEXPOSE 1 `\n 2\nENV A=c:\\\nEXPOSE 3\n")?.ports).toEqual([1, 2, 3]);
});

test.each(["", "# nothing\n", "RUN true\n", "ARG A=1\n"])("%j has no stage", (text) => {
  expect(readDockerfile(text)).toBeNull();
});
