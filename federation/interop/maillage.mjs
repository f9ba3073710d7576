// Runs one real node: the binary, a database of its own, TLS in front.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { makeCertificate, startFront } from "./tls.mjs";
import { until } from "./until.mjs";

const binary = process.env.MAILLAGE_BIN ?? fileURLToPath(new URL("../../bin/maillage", import.meta.url));

/**
 * startMaillage serves a node that has one organisation, tiriad, and returns its
 * origin, what reached it (seen, see startFront), and ways to use it:
 * maillage(...arguments) runs a command beside it, api(method, path, body) calls its API,
 * and member(email, role) opens an account and returns a way to read its pages and post its forms.
 */
export async function startMaillage() {
  const dir = await mkdtemp(join(tmpdir(), "maillage-interop-"));
  const [certificate, port] = await Promise.all([makeCertificate(dir), freePort()]);
  const front = await startFront(certificate, port);
  const env = {
    ...process.env,
    MAILLAGE_CONFIG: "/dev/null",
    MAILLAGE_BASE_URL: front.origin,
    MAILLAGE_LISTEN: `localhost:${port}`,
    MAILLAGE_DATA: dir,
    MAILLAGE_NAME: "Nœud d'essai",
    MAILLAGE_FEDERATION_ALLOW_PRIVATE: "true", // the peers are on this machine
    SSL_CERT_FILE: certificate.file,
  };
  const maillage = async (...args) => (await promisify(execFile)(binary, args, { env })).stdout.trim();

  const node = spawn(binary, ["serve"], { env, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [node.stdout, node.stderr]) stream.on("data", (text) => (said += text));

  /** stop ends the node and says how it ended. */
  async function stop() {
    if (node.exitCode === null) {
      node.kill("SIGINT");
      await once(node, "exit");
    }
    front.close();
    await rm(dir, { recursive: true, force: true });
    return { code: node.exitCode, said };
  }

  try {
    await until("the node is ready", async () => {
      if (node.exitCode !== null) throw new Error("the node ended");
      return (await fetch(`${front.origin}/healthz`)).ok;
    });
    await maillage("org", "add", "tiriad", "Tiriad");
    const token = await maillage("token", "create", "--as", "tiriad");

    async function api(method, path, body) {
      const response = await fetch(`${front.origin}/api/v1/${path}`, {
        method,
        headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
        body: body && JSON.stringify(body),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
      return text && JSON.parse(text);
    }

    async function member(email, role) {
      const cookies = new Map();
      async function visit(path, fields) {
        const form = fields && { method: "POST", body: new URLSearchParams(fields) };
        const cookie = [...cookies].map((pair) => pair.join("=")).join("; ");
        const response = await fetch(front.origin + path, { ...form, headers: { cookie }, redirect: "manual" });
        for (const set of response.headers.getSetCookie()) cookies.set(...set.split(";")[0].split("=", 2));
        if (response.status >= 400) throw new Error(`${path}: ${response.status} ${await response.text()}`);
        return response.text();
      }
      const invitation = new URL((await maillage("user", "add", email, "--role", role)).split("\n").at(-1));
      const cle = invitation.searchParams.get("cle");
      await visit("/invitation", { cle, email, name: role, password: "une phrase bien longue et rare" });
      return visit;
    }
    return { origin: front.origin, host: new URL(front.origin).host, seen: front.seen, maillage, api, member, stop };
  } catch (error) {
    await stop();
    throw new Error(`the node did not start:\n${said}`, { cause: error });
  }
}

async function freePort() {
  const server = createServer().listen(0, "localhost");
  await once(server, "listening");
  const { port } = server.address();
  await once(server.close(), "close");
  return port;
}
