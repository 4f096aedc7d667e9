// The least that a proxy made of node:http and undici has to do, to compare with: node bare-undici.ts <upstream port>
import { createServer } from "node:http";
import { Pool } from "undici";
import { serveParent } from "../../support/programs.ts";

const pool = new Pool(`http://127.0.0.1:${process.argv[2]}`);

const server = createServer({ noDelay: true }, (req, res) => {
  const hasBody = req.headers["content-length"] !== undefined || req.headers["transfer-encoding"] !== undefined;
  pool.dispatch(
    { path: req.url ?? "/", method: req.method ?? "GET", headers: req.headers, body: hasBody ? req : null },
    {
      onRequestStart(controller) {
        res.on("close", () => {
          if (!res.writableFinished) controller.abort(new Error("closed"));
        });
      },
      onResponseStart(_controller, status, headers) {
        delete headers.connection;
        delete headers["keep-alive"];
        delete headers["transfer-encoding"];
        res.writeHead(status, headers);
      },
      onResponseData(controller, chunk) {
        if (res.write(chunk)) return;
        controller.pause();
        res.once("drain", () => controller.resume());
      },
      onResponseEnd() {
        res.end();
      },
      onResponseError() {
        if (!res.headersSent) res.writeHead(502);
        res.end();
      },
    },
  );
});
serveParent(server);
