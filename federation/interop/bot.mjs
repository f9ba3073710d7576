// A server made with activitypub-bot: one bot, which follows, is followed, writes and
// reacts. It reads JSON-LD with a processor of its own, keeps the key it signs with in
// a document of its own, and delivers to whom an activity is addressed.
import "./activitystreams.mjs";
import "./sqlite.mjs";
import { once } from "node:events";
import http from "node:http";
import { signatureOf } from "./tls.mjs";

const { Bot, makeApp } = await import("@evanp/activitypub-bot"); // what it stands on comes first

/** Ping notes each activity whose signature was verified, as JSON, and leaves the rest to its server. */
class Ping extends Bot {
  received = [];

  async handleActivity(activity) {
    this.received.push(JSON.parse(await activity.write()));
    return false;
  }
}

/**
 * startBot serves @ping. It returns its actor's id, what came (received: activities; seen:
 * all requests) and context, by which it acts.
 */
export async function startBot() {
  const server = http.createServer();
  await once(server.listen(0, "localhost"), "listening");
  const host = `localhost:${server.address().port}`;
  const origin = `http://${host}`;
  const ping = new Ping("ping", { fullname: "Ping" });
  const app = await makeApp({
    databaseUrl: "sqlite::memory:",
    origin,
    bots: { ping },
    allowPrivateNetworkRequests: true,
  });
  const seen = [];
  server.on("request", (request, response) => {
    const { method, url: path, headers } = request;
    response.on("finish", () => seen.push({ method, path, signature: signatureOf(headers), status: response.statusCode }));
    app(request, response);
  });
  return {
    id: `${origin}/user/ping`,
    address: `@ping@${host}`,
    origin,
    host,
    seen,
    received: ping.received,
    context: ping._context,
    async close() {
      server.close().closeAllConnections();
      await app.cleanup();
    },
  };
}
