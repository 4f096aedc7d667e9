import { expect, test } from "vitest";
import { makeDeployment } from "./objects/deployment.ts";
import { renderYaml } from "./yaml.ts";
import { insidePlace, loginPlace, makeSample, managedOf, outsidePlace, samples } from "./testing/samples.ts";

test("a pod template depends neither on the release nor on the routers nor on a login", () => {
  const template = (release: number, place: typeof insidePlace) =>
    makeDeployment({ ...makeSample(), release }, place, "byRouter").spec?.template;
  expect(template(13, outsidePlace)).toEqual(template(12, insidePlace));
  expect(template(12, loginPlace)).toEqual(template(12, insidePlace));
});

test("no value of a variable is anywhere but in the Secret", () => {
  const env = { TOKEN: "a-secret-value" };
  const model = makeSample({ env, command: { argv: ["run", "--token=$TOKEN"] } });
  const text = renderYaml([makeDeployment(model, insidePlace, "byRouter")]);
  expect(text).toContain("--token=$(TOKEN)");
  expect(text).not.toContain(env.TOKEN);
});

test("no Deployment says how many instances there are", () => {
  const deployments = Object.values(samples)
    .flatMap(managedOf)
    .filter(({ kind }) => kind === "Deployment");
  for (const deployment of deployments) expect(deployment).not.toHaveProperty("spec.replicas");
});

test("what the image or berth.yaml says of HOME holds", () => {
  const names = (model: Parameters<typeof makeDeployment>[0]) =>
    makeDeployment(model, insidePlace, "byRouter").spec?.template.spec?.containers[0]?.env?.map(({ name }) => name);
  expect(names(makeSample())).toEqual(["HOME", "PORT"]);
  expect(names(makeSample({ env: { HOME: "/app" } }))).toEqual(["PORT"]);
  expect(names(makeSample({ model: { imageEnv: { HOME: "/app" } } }))).toEqual(["PORT"]);
});
