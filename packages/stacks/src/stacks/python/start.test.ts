import { expect, test } from "vitest";
import { commandOf, packageJson, planOf, problemOf, stepsOf } from "../../testing/plan.ts";

const flask = { "requirements.txt": "flask==3\ngunicorn==23\n" };
const fastapi = { "requirements.txt": "fastapi==0.121\nuvicorn==0.38\n" };
const wsgi = (target: string) => `gunicorn --bind 0.0.0.0:$PORT --threads 8 ${target}`;
const asgi = (target: string) => `uvicorn --host 0.0.0.0 --port $PORT ${target}`;

test.each([
  ["Flask in app.py", { ...flask, "app.py": "app = Flask(__name__)" }, wsgi("app:app")],
  [
    "Flask in main.py by another name",
    { ...flask, "main.py": "import flask\nserver = flask.Flask('x')" },
    wsgi("main:server"),
  ],
  [
    "a wsgi.py before the module that it imports",
    { ...flask, "wsgi.py": "from shop import app as application", "shop/__init__.py": "app = Flask(__name__)" },
    wsgi("shop:app"),
  ],
  [
    "what wsgi.py makes with a factory",
    {
      ...flask,
      "wsgi.py": "from shop import create_app\napp = create_app()",
      "shop/__init__.py": "def create_app(x):\n  pass",
    },
    wsgi("wsgi:app"),
  ],
  [
    "a factory",
    { ...flask, "shop/__init__.py": "def create_app(config=None):\n  app = Flask('x')" },
    wsgi('"shop:create_app()"'),
  ],
  ["Flask in src", { ...flask, "src/main.py": "app = Flask(__name__)" }, wsgi("main:app")],
  [
    "a folder that is no package",
    { ...flask, "backend/app.py": "from models import db\napp = Flask(__name__)", "backend/models.py": "" },
    wsgi("--chdir backend app:app"),
  ],
  [
    "waitress where it is the server",
    { "requirements.txt": "flask==3\nwaitress==3\n", "app.py": "app = Flask(__name__)" },
    "waitress-serve --listen=0.0.0.0:$PORT app:app",
  ],
  [
    "Dash by its server",
    { "requirements.txt": "dash==3\ngunicorn==23\n", "app.py": "app = Dash(__name__)\nserver = app.server" },
    wsgi("app:server"),
  ],
  ["FastAPI in main.py", { ...fastapi, "main.py": "app: FastAPI = FastAPI(\n)" }, asgi("main:app")],
  [
    "FastAPI's usual layout",
    { ...fastapi, "app/__init__.py": "", "app/main.py": "app = FastAPI()", "app/api.py": "" },
    asgi("app.main:app"),
  ],
  [
    "a package that nothing but its imports shows",
    { ...fastapi, "app/main.py": "from app.routers import users\napp = FastAPI()" },
    asgi("app.main:app"),
  ],
  [
    "FastAPI in a folder",
    { ...fastapi, "backend/main.py": "from models import X\napp = FastAPI()" },
    asgi("--app-dir backend main:app"),
  ],
  [
    "FastAPI with its extras",
    { "requirements.txt": "fastapi[standard]==0.121\n", "main.py": "app = FastAPI()" },
    asgi("main:app"),
  ],
  [
    "hypercorn where it is the server",
    { "requirements.txt": "quart==0.20\nhypercorn==0.17\n", "app.py": "app = Quart(__name__)" },
    "hypercorn --bind 0.0.0.0:$PORT app:app",
  ],
  ["FastHTML", { "requirements.txt": "python-fasthtml==0.12\n", "main.py": "app, rt = fast_app()" }, asgi("main:app")],
  [
    "Streamlit",
    { "requirements.txt": "streamlit==1.51\n", "dashboard.py": "import streamlit as st" },
    "streamlit run dashboard.py --server.address 0.0.0.0 --server.port $PORT --server.headless true",
  ],
  [
    "Gradio",
    { "requirements.txt": "gradio==5\n", "app.py": "import gradio as gr" },
    "env GRADIO_SERVER_PORT=$PORT python3 app.py",
  ],
  [
    "Sanic",
    { "requirements.txt": "sanic==25\n", "server.py": "app = Sanic('x')" },
    "sanic server:app --host 0.0.0.0 --port $PORT",
  ],
  [
    "a module that runs its own server when it is imported",
    { ...flask, "app.py": "app = Flask(__name__)\napp.run(host='0.0.0.0')" },
    "python3 app.py",
  ],
  ["a bot", { "requirements.txt": "discord.py==2.4\n", "bot.py": "" }, "python3 bot.py"],
  [
    "a package with a __main__.py",
    { "pyproject.toml": '[project]\nname = "x"\n', "shop/__main__.py": "" },
    "python3 -m shop",
  ],
  [
    "the project's only program",
    { "pyproject.toml": '[project]\nname = "x"\n[project.scripts]\nshop = "shop.cli:main"\n', "shop/cli.py": "" },
    'python3 -c "import sys; from shop.cli import main; sys.exit(main())"',
  ],
])("starts %s", async (_, files, command) => {
  expect(commandOf(await planOf(files))).toBe(command);
});

test("a program that nobody asks anything is told how to say so", async () => {
  const { plan } = await planOf({ "requirements.txt": "discord.py==2.4\n", "bot.py": "" });
  expect(plan.findings.at(-1)?.what).toContain("`routes: []` in berth.yaml");
});

test("adds a server in a fixed version where there is none, and says so", async () => {
  const { plan } = await planOf({ "requirements.txt": "fastapi==0.121\n", "main.py": "app = FastAPI()" });
  expect(plan.steps[1]?.command).toMatchObject({ argv: expect.arrayContaining(["uvicorn==0.54.0"]) });
  expect(plan.findings).toContainEqual({
    what: "no server among the dependencies: uvicorn 0.54.0 is added; name one to choose it and its version",
    from: "main.py",
  });
});

test("an older Python gets a server that still runs on it", async () => {
  const old = { "requirements.txt": "flask==2\n", "app.py": "app = Flask(__name__)", ".python-version": "3.8" };
  const { plan } = await planOf(old);
  expect(plan.steps[1]?.command).toMatchObject({ argv: expect.arrayContaining(["gunicorn==23.0.0"]) });
});

test("finds modules below src, and the project's own programs, without installing the project", async () => {
  const files = {
    "pyproject.toml":
      '[project]\nname = "shop"\ndependencies = ["fastapi", "uvicorn"]\n[project.scripts]\nsell = "shop.cli:app.run"\n',
    "src/shop/__init__.py": "",
    "src/shop/main.py": "app = FastAPI()",
    Procfile: "web: uvicorn shop.main:app --port $PORT\nworker: sell --all\nother: uv run sell",
  };
  const web = (await planOf({ ...files, Procfile: "web: sell" })).plan;
  expect(web.env).toMatchObject({ PYTHONPATH: "/app/src" });
  expect(web.command).toEqual({ argv: ["python3", "-c", "import sys; from shop.cli import app; sys.exit(app.run())"] });
});

const settings = `
import os
SECRET_KEY = os.environ["SECRET_KEY"]
WSGI_APPLICATION = "mysite.wsgi.application"
ASGI_APPLICATION = "mysite.asgi.application"
`;
const django = {
  "requirements.txt": "django==5.2\ngunicorn==23\nwhitenoise==6\n",
  "manage.py": 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.settings")',
  "mysite/settings.py": settings,
};

test("Django is served as its settings say", async () => {
  const service = await planOf(django);
  expect(commandOf(service)).toBe(wsgi("mysite.wsgi:application"));
  expect(stepsOf(service).filter((step) => step.startsWith("app"))).toEqual([]);
});

test.each([
  [
    "channels",
    { "requirements.txt": "django==5\nchannels==4\ndaphne==4\n" },
    "daphne -b 0.0.0.0 -p $PORT mysite.asgi:application",
  ],
  ["uvicorn alone", { "requirements.txt": "django==5\nuvicorn==0.38\n" }, asgi("mysite.asgi:application")],
  ["both servers", { "requirements.txt": "django==5\nuvicorn==0.38\ngunicorn==23\n" }, wsgi("mysite.wsgi:application")],
])("Django with %s", async (_, files, command) => {
  expect(commandOf(await planOf({ ...django, ...files }))).toBe(command);
});

test("Django in a folder, with settings in a package", async () => {
  const service = await planOf({
    "requirements.txt": "django==5\ngunicorn==23\n",
    "backend/manage.py": 'setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")',
    "backend/config/settings/local.py": "from .base import *",
    "backend/config/settings/base.py": `${settings}STATIC_ROOT = BASE_DIR / "static"\nMEDIA_ROOT = BASE_DIR / "media"\n`,
  });
  expect(commandOf(service)).toBe(wsgi("--chdir backend mysite.wsgi:application"));
  expect(stepsOf(service).at(-1)).toBe("app: python3 backend/manage.py collectstatic --noinput");
  expect(service.plan.writable).toEqual(["backend/media"]);
  expect(service.plan.findings).toContainEqual({
    what: "static files are collected, but nothing serves them: add whitenoise",
    from: "backend/config/settings/local.py",
  });
});

test("collectstatic has a key of its own, without a network, and gives way to a build that berth.yaml says", async () => {
  const files = { ...django, "mysite/settings.py": `${settings}STATIC_ROOT = BASE_DIR / "static"\n` };
  const step = (await planOf(files)).plan.steps.at(-1);
  expect(step).toMatchObject({
    name: "collectstatic",
    layer: "app",
    network: false,
    env: { PYTHONUSERBASE: ".berth/python", SECRET_KEY: "only-for-the-build" },
  });
  const own = await planOf({ ...files, "berth.yaml": "services: { web: { build: ./make.sh all } }" });
  expect(stepsOf(own).at(-1)).toBe(
    'app: PYTHONUSERBASE="$PWD/.berth/python"; export PYTHONUSERBASE; exec ./make.sh all',
  );
  expect(own.plan.steps.map(({ name }) => name)).not.toContain("collectstatic");
});

test("says of Django what a person has to do: migrations, and SQLite's file", async () => {
  const { plan } = await planOf({
    ...django,
    "shop/migrations/0001_initial.py": "",
    "mysite/settings.py": `${settings}DATABASES = {"default": {"NAME": BASE_DIR / "db.sqlite3"}}\n`,
  });
  const told = plan.findings.map(({ what }) => what).join("\n");
  expect(told).toContain("migrations are not run");
  expect(told).toContain("SQLite's file is in the folder of the app");
});

test("a command of berth.yaml leaves the framework's build as it is", async () => {
  const service = await planOf({
    ...django,
    "mysite/settings.py": `${settings}STATIC_ROOT = "static"\n`,
    "berth.yaml": "services: { web: { command: gunicorn mysite.wsgi --workers 4 } }",
  });
  expect(commandOf(service)).toBe("gunicorn mysite.wsgi --workers 4");
  expect(service.plan.steps.map(({ name }) => name)).toContain("collectstatic");
});

test("a site that a Python program builds is served as files", async () => {
  const service = await planOf({
    "requirements.txt": "mkdocs==1.6\n",
    "mkdocs.yml": "",
    "berth.yaml": "services: { web: { build: mkdocs build, output: site } }",
  });
  expect(commandOf(service)).toBe("node ../berth/static-server/server.mjs site");
  expect(stepsOf(service).at(-1)).toContain("exec mkdocs build");
  expect(service.plan.contents).toEqual({ dependencies: [], app: ["site"], support: ["static-server"] });
  expect(service.plan.base.image).toMatch(/node:/);
});

test("a package.json beside Python builds the assets with Node", async () => {
  const service = await planOf({
    ...django,
    "package.json": packageJson({ scripts: { build: "tailwindcss" }, devDependencies: { tailwindcss: "4" } }),
    "package-lock.json": "{}",
  });
  expect((await planOf(django)).plan.toolImages).toBeUndefined();
  expect(service.plan.stack).toBe("python");
  expect(service.plan.tools).toEqual({ python: "3.13", node: "24" });
  expect(service.plan.toolImages?.["node"]?.image).toBe("docker.io/library/node:24-slim");
  expect(stepsOf(service)[0]).toBe("dependencies: npm ci");
  expect(stepsOf(service).at(-1)).toBe("app: npm run build");
  expect(service.plan.contents.dependencies).toEqual([".berth/python"]);
});

test.each([
  ["npx tailwindcss -o static/site.css", ["dependencies: npm install"]],
  ["make && ./node_modules/.bin/esbuild a.ts", ["dependencies: npm install"]],
  ["make nodes", []],
])("the build %j beside a package.json has Node where it names it", async (build, expected) => {
  const service = await planOf({
    ...django,
    "package.json": packageJson({ devDependencies: { tailwindcss: "4" } }),
    "berth.yaml": `services: { web: { build: ${JSON.stringify(build)} } }`,
  });
  expect(stepsOf(service).filter((step) => step.includes("npm"))).toEqual(expected);
  expect("node" in service.plan.tools).toBe(expected.length > 0);
});

test.each([
  ["a linter's pyproject.toml", { "pyproject.toml": "[tool.ruff]\nline-length = 100\n" }],
  ["requirements of scripts", { "requirements.txt": "requests", "scripts/fetch.py": "" }],
  ["functions in api", { "requirements.txt": "fastapi", "api/index.py": "app = FastAPI()" }],
])("%s beside a Node program leaves it Node's", async (_, files) => {
  const node = { "package.json": packageJson({ scripts: { start: "node server.js" } }), "server.js": "" };
  expect((await planOf({ ...node, ...files })).plan.stack).toBe("node");
});

test("says what to add where nothing starts", async () => {
  expect(await problemOf({ "requirements.txt": "requests", "lib.py": "" })).toEqual({
    message: "Nothing here says how to start: there is no app object of a web framework and no main.py or app.py.",
    path: "requirements.txt",
    hint: "Say it in berth.yaml, such as `command: gunicorn shop.wsgi`, or in a Procfile: `web: gunicorn shop.wsgi`.",
  });
});
