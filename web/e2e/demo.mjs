// Starts the demonstration on free ports: the real binary, two real nodes.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const binary = process.env.MAILLAGE_BIN ?? fileURLToPath(new URL("../../bin/maillage", import.meta.url));
const patience = 60_000; // ms until both nodes must be ready, on a busy machine

/** startDemo returns the two sites' addresses and a function that stops them. */
export async function startDemo() {
  const dir = await mkdtemp(join(tmpdir(), "maillage-e2e-"));
  const ports = await freePorts(2);
  const demo = spawn(binary, ["demo", "--ports", ports.join(","), "--dir", dir], { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  demo.stdout.on("data", (text) => (said += text));
  demo.stderr.on("data", (text) => (said += text));
  const [tiriad, libertic] = ports.map((port) => `http://localhost:${port}`);

  async function stop() {
    if (demo.exitCode === null) {
      demo.kill("SIGINT");
      await once(demo, "exit");
    }
    await rm(dir, { recursive: true, force: true });
    return { code: demo.exitCode, said };
  }

  const deadline = Date.now() + patience;
  while (!((await ready(tiriad)) && (await ready(libertic)))) {
    if (demo.exitCode !== null || Date.now() > deadline) {
      await stop();
      throw new Error(`the demonstration did not start:\n${said}`);
    }
    await wait(100);
  }
  return { tiriad, libertic, stop };
}

async function ready(site) {
  try {
    return (await fetch(`${site}/healthz`)).ok;
  } catch {
    return false;
  }
}

/** freePorts asks the system for ports that nobody uses, all different. */
async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "localhost"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}
