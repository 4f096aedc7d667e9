import { expect, test } from "vitest";
import type { MemoryFile } from "../../testing/memory-tree.ts";
import { commandOf, foundIn, packageJson, planOf, problemOf, servicesOf, stepsOf } from "../../testing/plan.ts";

const project = (sdk: string, properties = "<TargetFramework>net9.0</TargetFramework>", items = "") =>
  `\uFEFF<Project Sdk="${sdk}">\r\n<PropertyGroup>${properties}</PropertyGroup><ItemGroup>${items}</ItemGroup></Project>\r\n`;
const web = project("Microsoft.NET.Sdk.Web");
const tests = project(
  "Microsoft.NET.Sdk",
  "<OutputType>Exe</OutputType>",
  '<PackageReference Include="Microsoft.NET.Test.Sdk" />',
);
const publish = (path: string, name: string) =>
  `app: dotnet publish ${path} --configuration Release --output .berth/${name} -p:UseAppHost=false`;

test("an app of ASP.NET Core is published and started in its folder (planned only: there is no .NET here)", async () => {
  const service = await planOf({ "Shop.csproj": web, "Program.cs": "" });
  expect(stepsOf(service)).toEqual([publish("Shop.csproj", "Shop")]);
  expect(commandOf(service)).toBe("env -C .berth/Shop ASPNETCORE_HTTP_PORTS=$PORT dotnet Shop.dll");
  expect(service.plan).toMatchObject({
    stack: "dotnet",
    base: { image: "mcr.microsoft.com/dotnet/aspnet:9.0" },
    buildImage: { image: "mcr.microsoft.com/dotnet/sdk:9.0" },
    tools: { dotnet: "9.0" },
    contents: { app: [".berth/Shop"] },
    steps: [{ caches: ["nuget"], network: true }],
  });
  expect(foundIn(service)).toEqual([
    ".NET 9.0 (Shop.csproj TargetFramework)",
    "ASP.NET Core (Shop.csproj)",
    "starts Shop (Shop.csproj)",
  ]);
});

test("of a solution the web project is started, and its tests are left alone", async () => {
  const service = await planOf({
    "Shop.sln":
      'Project("{9A19103F}") = "Shop.Web", "src\\Shop.Web\\Shop.Web.csproj", "{1}"\nProject("{9A19103F}") = "T", "tests\\T\\T.csproj", "{2}"\nProject("{9A19103F}") = "Core", "src\\Core\\Core.csproj", "{3}"\n',
    "src/Shop.Web/Shop.Web.csproj": web,
    "src/Core/Core.csproj": project("Microsoft.NET.Sdk"),
    "src/Other/Other.csproj": web,
    "tests/T/T.csproj": tests,
  });
  expect(stepsOf(service)).toEqual([publish("src/Shop.Web/Shop.Web.csproj", "Shop.Web")]);
});

test("a worker runs without ASP.NET Core and without a port", async () => {
  const service = await planOf({ "Jobs.csproj": project("Microsoft.NET.Sdk.Worker") });
  expect(commandOf(service)).toBe("env -C .berth/Jobs dotnet Jobs.dll");
  expect(service.plan.base.image).toBe("mcr.microsoft.com/dotnet/runtime:9.0");
});

test("services start the projects whose last name is theirs, and share one image", async () => {
  const services = await servicesOf({
    "src/Shop.Api/Shop.Api.csproj": web,
    "src/Shop.Jobs/Shop.Jobs.fsproj": project("Microsoft.NET.Sdk.Worker"),
    "berth.yaml": "services: { api: , jobs: }",
  });
  expect(services.map(commandOf)).toEqual([
    "env -C .berth/Shop.Api ASPNETCORE_HTTP_PORTS=$PORT dotnet Shop.Api.dll",
    "env -C .berth/Shop.Jobs dotnet Shop.Jobs.dll",
  ]);
  expect(services.map(({ plan }) => plan.contents.app)).toEqual([
    [".berth/Shop.Api", ".berth/Shop.Jobs"],
    [".berth/Shop.Api", ".berth/Shop.Jobs"],
  ]);
});

test.each<[string, Record<string, MemoryFile>, string, string]>([
  [
    "TargetFramework",
    { "A.csproj": project("Microsoft.NET.Sdk.Web", "<TargetFramework>net8.0</TargetFramework>") },
    "8.0",
    "8.0",
  ],
  [
    "TargetFrameworks",
    { "A.csproj": project("Microsoft.NET.Sdk.Web", "<TargetFrameworks>net8.0;net9.0</TargetFrameworks>") },
    "8.0",
    "8.0",
  ],
  [
    "Directory.Build.props",
    {
      "A.csproj": project("Microsoft.NET.Sdk.Web", ""),
      "Directory.Build.props":
        "<Project><PropertyGroup><TargetFramework>net8.0</TargetFramework></PropertyGroup></Project>",
    },
    "8.0",
    "8.0",
  ],
  ["global.json", { "A.csproj": web, "global.json": '{ "sdk": { "version": "9.0.305" } }' }, "9.0", "9.0.305"],
  [
    "a global.json that lets newer ones in",
    { "A.csproj": web, "global.json": '{ "sdk": { "version": "9.0.100", "rollForward": "latestFeature" } }' },
    "9.0",
    "9.0",
  ],
  ["berth.yaml", { "A.csproj": web, "berth.yaml": "services: { web: { version: 10 } }" }, "10.0", "10.0"],
  ["nowhere", { "A.csproj": project("Microsoft.NET.Sdk.Web", "") }, "10.0", "10.0"],
])("takes the version from %s", async (_, files, runtime, sdk) => {
  const { plan } = await planOf(files);
  expect([plan.base.image, plan.buildImage?.image]).toEqual([
    `mcr.microsoft.com/dotnet/aspnet:${runtime}`,
    `mcr.microsoft.com/dotnet/sdk:${sdk}`,
  ]);
});

test("before .NET 8 the port is told as an address", async () => {
  const service = await planOf({
    "A.csproj": project("Microsoft.NET.Sdk.Web", "<TargetFramework>net6.0</TargetFramework>"),
  });
  expect(commandOf(service)).toBe("env -C .berth/A ASPNETCORE_URLS=http://0.0.0.0:$PORT dotnet A.dll");
});

test("commands that run a project start what was published", async () => {
  const files = { "src/A/A.csproj": web };
  for (const line of ["dotnet run --project src/A -- --quick", "dotnet A.dll --quick"]) {
    expect(commandOf(await planOf({ ...files, Procfile: `web: ${line}` }))).toBe(
      "env -C .berth/A ASPNETCORE_HTTP_PORTS=$PORT dotnet A.dll --quick",
    );
  }
});

test("a build of its own comes with a command of its own", async () => {
  const own = (more: string) => ({ "A.csproj": web, "berth.yaml": `services: { web: { build: make, ${more} } }` });
  const service = await planOf(own("command: dotnet out/A.dll"));
  expect([stepsOf(service), commandOf(service), service.plan.contents.app]).toEqual([
    ["app: make"],
    "dotnet out/A.dll",
    "all",
  ]);
  expect((await problemOf(own(""))).hint).toContain("command: dotnet out/Shop.dll");
});

test("a locked project is restored as locked, and one for native code published as .NET's own", async () => {
  const native = project("Microsoft.NET.Sdk.Web", "<PublishAot>true</PublishAot>");
  const service = await planOf({ "a/A.csproj": native, "a/packages.lock.json": "" });
  expect(stepsOf(service)[0]).toMatch(/-p:PublishAot=false -p:PublishSingleFile=false -p:RestoreLockedMode=true$/);
});

test(".NET comes before the Node that builds its pages, Node before a library", async () => {
  const app = { "package.json": packageJson({ scripts: { start: "node a.js" } }) };
  expect((await planOf({ ...app, "A.csproj": web })).plan.stack).toBe("dotnet");
  expect((await planOf({ ...app, "A.csproj": project("Microsoft.NET.Sdk") })).plan.stack).toBe("node");
});

test.each<[string, Record<string, MemoryFile>, string, string]>([
  ["a library", { "A.csproj": project("Microsoft.NET.Sdk") }, "No project here makes a program.", "OutputType"],
  [
    "the old .NET Framework",
    { "A.csproj": project("Microsoft.NET.Sdk.Web", "<TargetFramework>net48</TargetFramework>") },
    "A.csproj is made for net48, which does not run on Linux.",
    "net10.0",
  ],
  [
    "a version that is none",
    { "A.csproj": web, "berth.yaml": "services: { web: { version: new } }" },
    '"new" is no version of .NET.',
    "version: 10",
  ],
])("refuses %s", async (_, files, message, hint) => {
  const problem = await problemOf(files);
  expect(problem.message).toBe(message);
  expect(problem.hint).toContain(hint);
});
