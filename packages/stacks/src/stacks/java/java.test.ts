import { describe, expect, test } from "vitest";
import type { MemoryFile } from "../../testing/memory-tree.ts";
import { commandOf, foundIn, packageJson, planOf, problemOf, servicesOf, stepsOf } from "../../testing/plan.ts";

type Files = Record<string, MemoryFile>;

const plugin = (name: string, more = "") => `<plugin><artifactId>${name}</artifactId>${more}</plugin>`;
const spring = plugin("spring-boot-maven-plugin");
const build = (plugins: string) => `<build><plugins>${plugins}</plugins></build>`;
const pom = (more: string, name = "shop") =>
  `<?xml version="1.0"?>\n<project xmlns="http://maven.apache.org/POM/4.0.0">\n<artifactId>${name}</artifactId>${more}</project>\n`;
const mvn =
  "app: mvn --batch-mode --no-transfer-progress -DskipTests -Dproject.build.outputTimestamp=2000-01-01T00:00:00Z";
const largest = (folder: string) =>
  `"$(ls -S ${folder}/*.[jw]ar | grep -vE -e '-(sources|javadoc|tests|plain)\\.[jw]ar$' | head -n 1)"`;
const collect = (folder: string, name: string) => `app: mkdir -p .berth && cp ${largest(folder)} .berth/${name}.jar`;
const wrapper = {
  gradlew: "",
  "gradle/wrapper/gradle-wrapper.jar": "",
  "gradle/wrapper/gradle-wrapper.properties": "",
};

test("a Spring Boot app is built by Maven, and its jar told the port", async () => {
  const service = await planOf({ "pom.xml": pom(build(spring)), "src/main/resources/application.yml": "" });
  expect(stepsOf(service)).toEqual([`${mvn} package`, collect("target", "shop")]);
  expect(commandOf(service)).toBe("java -jar .berth/shop.jar --server.port=$PORT");
  expect(service.plan).toMatchObject({
    stack: "java",
    base: { image: "docker.io/library/eclipse-temurin:21-jre" },
    buildImage: { image: "docker.io/library/maven:3-eclipse-temurin-21" },
    tools: { java: "21", maven: "3" },
    contents: { dependencies: [], app: [".berth/shop.jar"], support: [] },
    env: { JAVA_TOOL_OPTIONS: "-XX:MaxRAMPercentage=60 -XX:+ExitOnOutOfMemoryError" },
    steps: [{ caches: ["maven"], network: true }, { network: false }],
  });
  expect(foundIn(service)).toEqual([
    "Java 21 (the default)",
    "Maven (pom.xml)",
    "Spring Boot (pom.xml)",
    "starts shop (pom.xml)",
  ]);
});

test.each<[string, Files, string]>([
  [
    "Quarkus",
    { "pom.xml": pom(build(plugin("quarkus-maven-plugin"))) },
    "java -Dquarkus.http.host=0.0.0.0 -Dquarkus.http.port=$PORT -jar .berth/shop/quarkus-run.jar",
  ],
  [
    "Micronaut",
    {
      "pom.xml": pom(
        `<dependencies><dependency><groupId>io.micronaut</groupId></dependency></dependencies>${build(plugin("micronaut-maven-plugin"))}`,
      ),
    },
    "java -Dmicronaut.server.port=$PORT -jar .berth/shop.jar",
  ],
  ["a shaded jar", { "pom.xml": pom(build(plugin("maven-shade-plugin"))) }, "java -jar .berth/shop.jar"],
  [
    "a jar with a main class",
    {
      "pom.xml": pom(
        build(
          plugin(
            "maven-jar-plugin",
            "<configuration><archive><manifest><mainClass>a.B</mainClass></manifest></archive></configuration>",
          ),
        ),
      ),
    },
    "java -jar .berth/shop.jar",
  ],
  [
    "a war of Spring Boot",
    { "pom.xml": pom(`<packaging>war</packaging>${build(spring)}`) },
    "java -jar .berth/shop.jar --server.port=$PORT",
  ],
])("starts %s", async (_, files, command) => {
  expect(commandOf(await planOf(files))).toBe(command);
});

test("Maven's wrapper is taken where it is whole, and needs no Maven", async () => {
  const files = { "pom.xml": pom(build(spring)), mvnw: "" };
  expect(stepsOf(await planOf(files))[0]).toMatch(/^app: mvn /);
  const service = await planOf({ ...files, ".mvn/wrapper/maven-wrapper.properties": "" });
  expect(stepsOf(service)[0]).toMatch(/^app: sh mvnw --batch-mode/);
  expect(service.plan.tools).toEqual({ java: "21" });
});

test("a profile called production is used", async () => {
  const profiles = "<profiles><profile><id>production</id></profile></profiles>";
  expect(stepsOf(await planOf({ "pom.xml": pom(profiles + build(spring)) }))[0]).toBe(`${mvn} -Pproduction package`);
});

describe("several modules", () => {
  const root = "<packaging>pom</packaging><modules><module>lib</module><module>services/api</module></modules>";
  const child = (name: string, more = "") => pom(`<parent><artifactId>shop</artifactId></parent>${more}`, name);
  const modules = {
    "pom.xml": pom(root),
    "lib/pom.xml": child("lib"),
    "services/api/pom.xml": child("api-app", build(spring)),
  };

  test("with one that starts are built as far as it needs", async () => {
    const service = await planOf(modules);
    expect(stepsOf(service)).toEqual([
      `${mvn} --projects services/api --also-make package`,
      collect("services/api/target", "api"),
    ]);
    expect(commandOf(service)).toBe("java -jar .berth/api.jar --server.port=$PORT");
  });

  test("that inherit what makes programs are told apart by what looks like one", async () => {
    const service = await planOf({
      ...modules,
      "pom.xml": pom(root + build(spring)),
      "services/api/pom.xml": child("api"),
      "services/api/src/main/java/a/ApiApplication.java": "",
      "lib/src/main/java/a/Lib.java": "",
    });
    expect(commandOf(service)).toBe("java -jar .berth/api.jar --server.port=$PORT");
  });

  test("with several that start are services by their names", async () => {
    const two = {
      ...modules,
      "pom.xml": pom(root.replace("lib<", "worker<")),
      "worker/pom.xml": child("worker", build(plugin("maven-shade-plugin"))),
    };
    expect(commandOf(await planOf(two))).toBe("java -jar .berth/api.jar --server.port=$PORT");
    const services = await servicesOf({ ...two, "berth.yaml": "services: { api: , worker: }" });
    expect(services.map(commandOf)).toEqual([
      "java -jar .berth/api.jar --server.port=$PORT",
      "java -jar .berth/worker.jar",
    ]);
    expect(stepsOf(services[0]!)).toEqual(stepsOf(services[1]!));
  });
});

test.each<[string, Files, string, string]>([
  [
    "maven.compiler.release",
    { "pom.xml": pom(`<properties><maven.compiler.release>17</maven.compiler.release></properties>${build(spring)}`) },
    "17",
    "Java 17 (pom.xml maven.compiler.release)",
  ],
  [
    "java.version",
    { "pom.xml": pom(`<properties><java.version>1.8</java.version></properties>${build(spring)}`) },
    "8",
    "Java 8 (pom.xml java.version)",
  ],
  [
    "the compiler plugin",
    {
      "pom.xml": pom(
        `<properties><v>25</v></properties>${build(spring + plugin("maven-compiler-plugin", "<configuration><release>${v}</release></configuration>"))}`,
      ),
    },
    "25",
    "Java 25 (pom.xml maven-compiler-plugin)",
  ],
  [
    "a release that is not kept",
    { "pom.xml": pom(`<properties><java.version>19</java.version></properties>${build(spring)}`) },
    "21",
    "Java 21, the next that is kept for years after 19 (pom.xml java.version)",
  ],
  [
    ".java-version",
    { "pom.xml": pom(build(spring)), ".java-version": "temurin-17.0.9+9\n" },
    "17",
    "Java 17 (.java-version)",
  ],
  [
    ".sdkmanrc",
    { "pom.xml": pom(build(spring)), ".sdkmanrc": "# sdk env\njava=25.0.1-tem\n" },
    "25",
    "Java 25 (.sdkmanrc)",
  ],
  [
    "system.properties",
    { "pom.xml": pom(build(spring)), "system.properties": "maven.version=3.9.4\njava.runtime.version=17\n" },
    "17",
    "Java 17 (system.properties)",
  ],
  [
    ".tool-versions",
    { "pom.xml": pom(build(spring)), ".tool-versions": "java temurin-17.0.9+9" },
    "17",
    "Java 17 (.tool-versions)",
  ],
  [
    "berth.yaml",
    { "pom.xml": pom(build(spring)), "berth.yaml": "services: { web: { version: 25 } }" },
    "25",
    "Java 25 (berth.yaml version)",
  ],
  [
    "Gradle's toolchain",
    {
      "build.gradle":
        "plugins { id 'org.springframework.boot' version '3.5.0' }\njava { toolchain { languageVersion = JavaLanguageVersion.of(17) } }",
      ...wrapper,
    },
    "17",
    "Java 17 (build.gradle)",
  ],
  [
    "Gradle's sourceCompatibility",
    {
      "build.gradle": "plugins { id 'org.springframework.boot' version '3.5.0' }\nsourceCompatibility = '11'",
      ...wrapper,
    },
    "11",
    "Java 11 (build.gradle)",
  ],
])("takes the version from %s", async (_, files, version, found) => {
  const service = await planOf(files);
  expect([service.plan.tools["java"], service.plan.base.image]).toEqual([
    version,
    `docker.io/library/eclipse-temurin:${version}-jre`,
  ]);
  expect(foundIn(service)).toContain(found);
});

const gradle = "app: sh gradlew --no-daemon --console=plain";

test.each<[string, string, string, string]>([
  [
    "Spring Boot",
    "plugins {\n id 'java'\n id 'org.springframework.boot' version '3.5.0'\n}",
    "bootJar",
    "java -jar .berth/shop.jar --server.port=$PORT",
  ],
  [
    "Spring Boot of a catalogue",
    "plugins { alias(libs.plugins.spring.boot) }",
    "bootJar",
    "java -jar .berth/shop.jar --server.port=$PORT",
  ],
  ["Ktor", 'plugins {\n id("io.ktor.plugin") version "3.0.0"\n}', "buildFatJar", "java -jar .berth/shop.jar"],
  [
    "a fat jar",
    'plugins {\n id("com.gradleup.shadow") version "9.0.0"\n application\n}',
    "shadowJar",
    "java -jar .berth/shop.jar",
  ],
  [
    "Micronaut",
    'plugins { id("io.micronaut.application") version "4.5.0" }',
    "shadowJar",
    "java -Dmicronaut.server.port=$PORT -jar .berth/shop.jar",
  ],
  [
    "Quarkus",
    "plugins { id 'io.quarkus' }",
    "quarkusBuild",
    "java -Dquarkus.http.host=0.0.0.0 -Dquarkus.http.port=$PORT -jar .berth/shop/quarkus-run.jar",
  ],
  [
    "an application",
    'plugins {\n  application\n}\napplication { mainClass.set("a.Main") }',
    "installDist",
    'java -cp ".berth/shop/*" a.Main',
  ],
])("Gradle's wrapper builds %s", async (_, text, task, command) => {
  const service = await planOf({
    "build.gradle.kts": text,
    "settings.gradle.kts": 'rootProject.name = "shop"\n',
    ...wrapper,
  });
  expect(stepsOf(service)[0]).toBe(`${gradle} ${task}`);
  expect(commandOf(service)).toBe(command);
  expect(service.plan.buildImage?.image).toBe("docker.io/library/eclipse-temurin:21");
  expect(service.plan.tools).toEqual({ java: "21" });
});

test("a subproject of Gradle is built by its own task", async () => {
  const service = await planOf({
    "settings.gradle": "rootProject.name = 'shop'\ninclude 'app', ':libs:store'\n",
    "build.gradle": "plugins {\n id 'org.springframework.boot' version '3.5.0' apply false\n}",
    "app/build.gradle": "// a comment\nplugins { id 'org.springframework.boot' }",
    "libs/store/build.gradle": "plugins { id 'java-library' }",
    ...wrapper,
  });
  expect(stepsOf(service)).toEqual([`${gradle} :app:bootJar`, collect("app/build/libs", "app")]);
});

test("a command of its own finds what the build leaves where the build leaves it", async () => {
  const Procfile = "web: java $JAVA_OPTS -jar target/shop-1.0.jar --port $PORT";
  const service = await planOf({ "pom.xml": pom(""), Procfile });
  expect(commandOf(service)).toBe("exec java $JAVA_OPTS -jar target/shop-1.0.jar --port $PORT");
  expect(stepsOf(service)).toEqual([`${mvn} package`]);
  expect(service.plan.contents.app).toEqual(["target"]);
});

test("services with a command and without share one image", async () => {
  const yaml = "services: { web: , worker: { command: java -cp target/classes a.Worker } }";
  const services = await servicesOf({ "pom.xml": pom(build(spring)), "berth.yaml": yaml });
  expect(services.map(commandOf)).toEqual([
    "java -jar .berth/shop.jar --server.port=$PORT",
    "java -cp target/classes a.Worker",
  ]);
  expect(services.map(({ plan }) => plan.contents.app)).toEqual([
    [".berth/shop.jar", "target"],
    [".berth/shop.jar", "target"],
  ]);
  expect(new Set(services.map(({ plan }) => JSON.stringify({ ...plan, findings: [] }))).size).toBe(1);
});

test("a build of its own leaves its jar for the same start", async () => {
  const yaml = "services: { web: { build: mvn -Pfast package } }";
  const service = await planOf({ "pom.xml": pom(build(spring)), "berth.yaml": yaml });
  expect(stepsOf(service)).toEqual(["app: mvn -Pfast package", collect("target", "shop")]);
});

test("settings beside the jar are in the image, sources and the build's own files are not", async () => {
  const files = {
    "config/application.yml": "",
    "src/main/java/A.java": "",
    mvnw: "",
    ".mvn/jvm.config": "",
    "pom.xml": pom(build(spring)),
  };
  expect((await planOf(files)).plan.contents.app).toEqual([".berth/shop.jar", "config"]);
});

test("Java comes before the Node that builds its pages; Node before a library for the JVM, and for apps of Android", async () => {
  const app = { "package.json": packageJson({ scripts: { start: "node a.js" } }) };
  const stackOf = async (files: Files) => (await planOf({ ...app, ...files })).plan.stack;
  expect(await stackOf({ "pom.xml": pom(build(spring)) })).toBe("java");
  expect(await stackOf({ "pom.xml": pom("") })).toBe("node");
  expect(await stackOf({ "build.gradle": "plugins { id 'com.android.application' }" })).toBe("node");
});

test.each<[string, Files, string, string]>([
  [
    "a war",
    { "pom.xml": pom("<packaging>war</packaging>") },
    "A war needs a servlet container, and Berth starts programs.",
    "Dockerfile",
  ],
  [
    "a pom that makes no program",
    { "pom.xml": pom("") },
    "pom.xml makes nothing that starts by itself.",
    "command: java",
  ],
  ["a pom that is none", { "pom.xml": "<project><artifactId>" }, "pom.xml is no pom.", "mvn validate"],
  [
    "Gradle without its wrapper",
    { "build.gradle": "plugins { id 'org.springframework.boot' }" },
    "build.gradle has no Gradle wrapper beside it.",
    "gradle wrapper",
  ],
  [
    "a wrapper without its jar",
    { "build.gradle": "plugins { id 'org.springframework.boot' }", gradlew: "" },
    "The Gradle wrapper lacks gradle/wrapper/gradle-wrapper.jar.",
    "git add -f",
  ],
  [
    "a version that is none",
    { "pom.xml": pom(build(spring)), "berth.yaml": "services: { web: { version: new } }" },
    '"new" is no version of Java.',
    "21",
  ],
])("refuses %s", async (_, files, message, hint) => {
  const problem = await problemOf(files);
  expect(problem.message).toBe(message);
  expect(problem.hint).toContain(hint);
});
