import { randomUUID } from "node:crypto";
import type { Duplex } from "node:stream";
import { Server, ServerCredentials, status } from "@grpc/grpc-js";
import type { ServiceDefinition, UntypedHandleCall } from "@grpc/grpc-js";
import { BerthError } from "@berth/core";
import type { Engine } from "@berth/docker";
import type { Login } from "@berth/images";
import protobuf from "protobufjs";
import { dial } from "./dial.ts";

/** A connection through which BuildKit asks for secrets and logins while a build runs. */
export interface BuildSession {
  id: string;
  close(): void;
}

/** What a build may be given. */
export interface SessionOffer {
  secrets: Readonly<Record<string, string>>;
  findLogin(host: string): Promise<Login | null>;
}

/** Sources: moby/buildkit, session/secrets/secrets.proto, session/auth/auth.proto; grpc, health/v1/health.proto. */
const schema = protobuf.Root.fromJSON({
  nested: {
    GetSecretRequest: { fields: { ID: { type: "string", id: 1 } } },
    GetSecretResponse: { fields: { data: { type: "bytes", id: 1 } } },
    CredentialsRequest: { fields: { Host: { type: "string", id: 1 } } },
    CredentialsResponse: { fields: { Username: { type: "string", id: 1 }, Secret: { type: "string", id: 2 } } },
    HealthCheckResponse: { fields: { status: { type: "int32", id: 1 } } },
  },
});
const serving = 1;

const secretMethod = "/moby.buildkit.secrets.v1.Secrets/GetSecret";
const loginMethod = "/moby.filesync.v1.Auth/Credentials";
const healthMethod = "/grpc.health.v1.Health/Check";

interface Call {
  request: { ID?: string; Host?: string };
}
type Answer = (error: { code: number; details: string } | null, value?: object) => void;

/** Opens a session for one build. What is given stays in the memory of this process and of the engine. */
export async function openSession(engine: Engine, { secrets, findLogin }: SessionOffer): Promise<BuildSession> {
  const id = randomUUID();
  const socket = (await dial(engine, {
    method: "POST",
    path: "/session",
    hijack: true,
    headers: {
      Upgrade: "h2c",
      "X-Docker-Expose-Session-Uuid": id,
      "X-Docker-Expose-Session-Name": "berth",
      "X-Docker-Expose-Session-Grpc-Method": [secretMethod, loginMethod, healthMethod],
    },
    statusCodes: { 200: true, 101: true, 500: "server error" },
  })) as Duplex;
  const server = new Server();
  server.addService(unary("GetSecret", secretMethod, "GetSecretRequest", "GetSecretResponse"), {
    GetSecret: handler((call, answer) => {
      const value = secrets[call.request.ID ?? ""];
      if (value === undefined) {
        return answer({ code: status.NOT_FOUND, details: `the build has no secret ${call.request.ID}` });
      }
      answer(null, { data: Buffer.from(value) });
    }),
  });
  server.addService(unary("Credentials", loginMethod, "CredentialsRequest", "CredentialsResponse"), {
    Credentials: handler((call, answer) => {
      findLogin(call.request.Host ?? "").then(
        (login) => answer(null, credentialsOf(login)),
        (error: unknown) => answer({ code: status.FAILED_PRECONDITION, details: loginProblem(error) }),
      );
    }),
  });
  // An engine gives up a session that does not say it is well.
  server.addService(unary("Check", healthMethod, null, "HealthCheckResponse"), {
    Check: handler((_, answer) => answer(null, { status: serving })),
  });
  socket.on("error", () => {});
  server.createConnectionInjector(ServerCredentials.createInsecure()).injectConnection(socket);
  return {
    id,
    close() {
      server.forceShutdown();
      socket.destroy();
    },
  };
}

/** As BuildKit takes them: an identity token is a secret of nobody. */
function credentialsOf(login: Login | null): { Username?: string; Secret?: string } {
  if (login?.kind === "password") return { Username: login.username, Secret: login.password };
  return login?.kind === "identity" ? { Secret: login.token } : {};
}

function loginProblem(error: unknown): string {
  if (error instanceof BerthError) return `${error.message} ${error.hint ?? ""}`.trim();
  return error instanceof Error ? error.message : String(error);
}

function handler(answer: (call: Call, answer: Answer) => void): UntypedHandleCall {
  return answer as unknown as UntypedHandleCall;
}

function unary(name: string, path: string, request: string | null, response: string): ServiceDefinition {
  const requestType = request === null ? null : schema.lookupType(request);
  const responseType = schema.lookupType(response);
  return {
    [name]: {
      path,
      requestStream: false,
      responseStream: false,
      requestSerialize: (value: object) => Buffer.from(requestType?.encode(value).finish() ?? []),
      requestDeserialize: (bytes: Buffer) => requestType?.toObject(requestType.decode(bytes)) ?? {},
      responseSerialize: (value: object) => Buffer.from(responseType.encode(value).finish()),
      responseDeserialize: (bytes: Buffer) => responseType.toObject(responseType.decode(bytes)),
    },
  };
}
