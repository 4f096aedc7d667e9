import { randomUUID } from "node:crypto";
import type { Duplex } from "node:stream";
import { Server, ServerCredentials, status } from "@grpc/grpc-js";
import type { ServiceDefinition, UntypedHandleCall } from "@grpc/grpc-js";
import type { Engine } from "@berth/docker";
import protobuf from "protobufjs";
import { dial } from "./dial.ts";

/** A connection through which BuildKit asks for the secrets of a build while it runs. */
export interface BuildSession {
  id: string;
  close(): void;
}

/** Sources: moby/buildkit, session/secrets/secrets.proto; grpc, health/v1/health.proto. */
const schema = protobuf.Root.fromJSON({
  nested: {
    GetSecretRequest: { fields: { ID: { type: "string", id: 1 } } },
    GetSecretResponse: { fields: { data: { type: "bytes", id: 1 } } },
    HealthCheckResponse: { fields: { status: { type: "int32", id: 1 } } },
  },
});
const serving = 1;

const secretMethod = "/moby.buildkit.secrets.v1.Secrets/GetSecret";
const healthMethod = "/grpc.health.v1.Health/Check";

interface Call {
  request: { ID?: string };
}
type Answer = (error: { code: number; details: string } | null, value?: object) => void;

/** Opens a session for one build. The values stay in the memory of this process and of the engine. */
export async function openSession(engine: Engine, secrets: Readonly<Record<string, string>>): Promise<BuildSession> {
  const id = randomUUID();
  const socket = (await dial(engine, {
    method: "POST",
    path: "/session",
    hijack: true,
    headers: {
      Upgrade: "h2c",
      "X-Docker-Expose-Session-Uuid": id,
      "X-Docker-Expose-Session-Name": "berth",
      "X-Docker-Expose-Session-Grpc-Method": [secretMethod, healthMethod],
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
