import { expect, test } from "vitest";
import { planOf, problemOf } from "../../testing/plan.ts";
import { readVersion } from "./python-version.ts";

test.each([
  ["3.12", "3.12"],
  ["3.12.4", "3.12.4"],
  ["python-3.11.9", "3.11.9"],
  ["cpython@3.12.1", "3.12.1"],
  ["3", "3.13"],
  ["3.12.*", "3.12"],
  [">=3.9", "3.13"],
  [">=3.10,<3.13", "3.12"],
  [">=3.14", "3.14"],
  ["~=3.11", "3.13"],
  ["~=3.11.2", "3.11"],
  ["==3.10.*", "3.10"],
  ["==3.12.4", "3.12"],
  ["^3.11", "3.13"],
  [">= 3.8, != 3.9.*, < 3.12", "3.11"],
  ["<4", "3.13"],
  ["pypy3.10", null],
  ["the latest", null],
  [">=4", null],
])("reads %j as %j", (text, version) => {
  expect(readVersion(text)).toBe(version);
});

const app = { "app.py": "from flask import Flask\napp = Flask(__name__)\n" };

test.each([
  ["berth.yaml version", { "berth.yaml": "services: { web: { version: 3.12 } }", ".python-version": "3.11" }, "3.12"],
  [".python-version", { ".python-version": "# ours\n3.11.4\n", "runtime.txt": "python-3.10.1" }, "3.11.4"],
  ["runtime.txt", { "runtime.txt": "python-3.10.1\n" }, "3.10.1"],
  [".tool-versions", { ".tool-versions": "nodejs 20\npython 3.12.1\n" }, "3.12.1"],
  ["Pipfile python_version", { Pipfile: '[packages]\nflask = "*"\n[requires]\npython_version = "3.9"\n' }, "3.9"],
  ["Pipfile python_full_version", { Pipfile: '[requires]\npython_full_version = "3.9.1"\n' }, "3.9.1"],
  [
    "pyproject.toml requires-python",
    { "pyproject.toml": '[project]\nname = "x"\nrequires-python = ">=3.10,<3.12"\ndependencies = ["flask"]\n' },
    "3.11",
  ],
  [
    "pyproject.toml tool.poetry.dependencies.python",
    { "pyproject.toml": '[tool.poetry.dependencies]\npython = "~3.12"\nflask = "3"\n', "poetry.lock": "" },
    "3.12",
  ],
  ["the default", { ".python-version": "pypy3.10" }, "3.13"],
])("takes the version from %s", async (from, files, version) => {
  const { plan } = await planOf({ "requirements.txt": "flask", ...app, ...files });
  expect(plan.tools["python"]).toBe(version);
  expect(plan.findings).toContainEqual({ what: `Python ${version}`, from });
  expect(plan.base.image).toBe(`docker.io/library/python:${version}-slim`);
  expect(plan.buildImage?.image).toBe(`docker.io/library/python:${version}`);
});

test("refuses a version in berth.yaml that is none", async () => {
  const files = { ...app, "requirements.txt": "flask", "berth.yaml": "services: { web: { version: newest } }" };
  expect((await problemOf(files)).message).toBe('"newest" is no version of Python.');
});
