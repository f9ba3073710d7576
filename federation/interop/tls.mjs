// A certificate for localhost, and the TLS server that stands before a node as a
// reverse proxy does in production. Fedify asks WebFinger over https only.
import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import http from "node:http";
import https from "node:https";
import { join } from "node:path";
import tls from "node:tls";
import { promisify } from "node:util";

const run = promisify(execFile);

/** makeCertificate writes a certificate that signs itself, with the program that comes with Go, and has us trust it. */
export async function makeCertificate(dir) {
  const { stdout: goroot } = await run("go", ["env", "GOROOT"]);
  const program = join(goroot.trim(), "src/crypto/tls/generate_cert.go");
  await run("go", ["run", program, "-host", "localhost", "-ca", "-ecdsa-curve", "P256", "-duration", "1h"], { cwd: dir });
  const file = join(dir, "cert.pem");
  const [cert, key] = await Promise.all([readFile(file), readFile(join(dir, "key.pem"))]);
  tls.setDefaultCACertificates([...tls.getCACertificates(), cert.toString()]);
  return { file, cert, key };
}

/** signatureOf says which of the two forms a request is signed in, if any. */
export function signatureOf(headers) {
  if (headers["signature-input"]) return "rfc9421";
  return headers.signature ? "cavage" : undefined;
}

/**
 * startFront forwards what it receives over https to a local port, as it is, and
 * remembers it: { method, path, signature, body, status }.
 */
export async function startFront({ cert, key }, port) {
  const seen = [];
  const server = https.createServer({ cert, key }, async (request, response) => {
    const body = await bytes(request);
    const { method, url: path, headers } = request;
    const forwarded = http.request({ host: "localhost", port, method, path, headers }, (answer) => {
      seen.push({ method, path, signature: signatureOf(headers), body: body.toString(), status: answer.statusCode });
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    forwarded.on("error", () => response.writeHead(502).end());
    forwarded.end(body);
  });
  await once(server.listen(0, "localhost"), "listening");
  return { origin: `https://localhost:${server.address().port}`, seen, close: () => server.close().closeAllConnections() };
}

/** bytes reads a whole request. */
export async function bytes(request) {
  return Buffer.concat(await Array.fromAsync(request));
}
