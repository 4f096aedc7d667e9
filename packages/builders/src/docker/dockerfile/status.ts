import protobuf from "protobufjs";

/** A part of a build graph, such as one instruction of a Dockerfile. */
export interface Vertex {
  digest: string;
  name: string;
  cached: boolean;
  started: boolean;
  completed: boolean;
  error: string;
}

export interface BuildStatus {
  vertexes: Vertex[];
  /** `stream`: which of the program's outputs it is a part of. */
  logs: { vertex: string; stream: number; text: Buffer }[];
}

/** What Berth reads of BuildKit's messages about a build. Source: moby/buildkit, api/services/control/control.proto. */
const schema = protobuf.Root.fromJSON({
  nested: {
    StatusResponse: {
      fields: {
        vertexes: { rule: "repeated", type: "Vertex", id: 1 },
        logs: { rule: "repeated", type: "VertexLog", id: 3 },
      },
    },
    Vertex: {
      fields: {
        digest: { type: "string", id: 1 },
        name: { type: "string", id: 3 },
        cached: { type: "bool", id: 4 },
        started: { type: "Time", id: 5 },
        completed: { type: "Time", id: 6 },
        error: { type: "string", id: 7 },
      },
    },
    VertexLog: {
      fields: {
        vertex: { type: "string", id: 1 },
        stream: { type: "int32", id: 3 },
        msg: { type: "bytes", id: 4 },
      },
    },
    Time: { fields: {} },
  },
}).lookupType("StatusResponse");

interface RawStatus {
  vertexes?: Partial<
    Record<"digest" | "name" | "error", string> & { cached: boolean; started: object; completed: object }
  >[];
  logs?: { vertex?: string; stream?: number; msg?: Uint8Array }[];
}

/** Reads one message as an engine sends it: base64 of the protocol's bytes. */
export function readStatus(base64: string): BuildStatus {
  const raw: RawStatus = schema.toObject(schema.decode(Buffer.from(base64, "base64")), { defaults: false });
  return {
    vertexes: (raw.vertexes ?? []).map((vertex) => ({
      digest: vertex.digest ?? "",
      name: vertex.name ?? "",
      cached: vertex.cached ?? false,
      started: vertex.started !== undefined,
      completed: vertex.completed !== undefined,
      error: vertex.error ?? "",
    })),
    logs: (raw.logs ?? []).map(({ vertex = "", stream = 0, msg = [] }) => ({ vertex, stream, text: Buffer.from(msg) })),
  };
}
