// A small ActivityPub server made with Fedify: Alice, who follows and is followed,
// and Bob, whom she announces.
import { createFederation, generateCryptoKeyPair, MemoryKvStore, signRequest } from "@fedify/fedify";
import * as vocab from "@fedify/vocab";
import { Temporal } from "@js-temporal/polyfill";
import { once } from "node:events";
import http from "node:http";
import { bytes, signatureOf } from "./tls.mjs";

/**
 * startFedify serves Alice and Bob. signs is the form Fedify signs in first:
 * "rfc9421" or "draft-cavage-http-signatures-12". reads is the one form of
 * signature ("rfc9421") that it takes, if not both. bobWas lists ids of others that Bob was.
 *
 * It returns what came (received: activities whose signature Fedify verified;
 * reading: who signed the GETs of its events; seen: all requests) and ways to act as Alice.
 */
export async function startFedify({ signs, reads, bobWas = [] }) {
  const server = http.createServer();
  await once(server.listen(0, "localhost"), "listening");
  const origin = `http://localhost:${server.address().port}`;
  const received = []; // activities, in order
  const reading = []; // the ids of actors
  const seen = []; // { method, path, signature, status }
  const events = new Map(); // by id

  const federation = createFederation({
    kv: new MemoryKvStore(),
    origin,
    allowPrivateAddress: true,
    firstKnock: signs,
  });
  // With the first, Fedify makes Linked Data Signatures too; with the second, integrity proofs.
  const keys = {
    alice: [await generateCryptoKeyPair("RSASSA-PKCS1-v1_5"), await generateCryptoKeyPair("Ed25519")],
    bob: [await generateCryptoKeyPair("RSASSA-PKCS1-v1_5")],
  };
  federation
    .setActorDispatcher("/users/{identifier}", async (ctx, name) => {
      if (!keys[name]) return null;
      const pairs = await ctx.getActorKeyPairs(name);
      return new vocab.Person({
        id: ctx.getActorUri(name),
        preferredUsername: name,
        name,
        inbox: ctx.getInboxUri(name),
        outbox: ctx.getOutboxUri(name),
        endpoints: new vocab.Endpoints({ sharedInbox: ctx.getInboxUri() }),
        aliases: name === "bob" ? [ctx.getActorUri("alice"), ...bobWas] : [], // who may become him
        publicKey: pairs[0].cryptographicKey,
        assertionMethods: pairs.map((pair) => pair.multikey),
      });
    })
    .setKeyPairsDispatcher((_, name) => keys[name] ?? []);
  federation.setOutboxDispatcher("/users/{identifier}/outbox", (ctx, name) => ({
    items: [...events.values()]
      .filter((event) => event.attributionId.href === ctx.getActorUri(name).href)
      .map((event) => activity("Create", name, event)),
  }));
  federation
    .setObjectDispatcher(vocab.Event, "/events/{id}", (_, { id }) => events.get(id) ?? null)
    .authorize(async (ctx) => {
      const owner = await ctx.getSignedKeyOwner();
      reading.push(owner?.id.href);
      return owner !== null;
    });
  const inbox = federation
    .setInboxListeners("/users/{identifier}/inbox", "/inbox")
    .setSharedKeyDispatcher(() => ({ identifier: "alice" }));
  for (const type of [vocab.Accept, vocab.Announce, vocab.Ignore, vocab.Reject, vocab.Create, vocab.Delete, vocab.Undo, vocab.Update,
    vocab.Join, vocab.Leave, vocab.Flag, vocab.Offer, vocab.Move, vocab.Add, vocab.Remove]) {
    inbox.on(type, (_, a) => void received.push(a));
  }
  inbox.on(vocab.Follow, async (ctx, follow) => {
    received.push(follow);
    const { identifier } = ctx.parseUri(follow.objectId);
    const accept = new vocab.Accept({ id: mint("accepts"), actor: follow.objectId, object: follow });
    await send(await follow.getActor(ctx), accept, identifier);
  });

  server.on("request", async (request, response) => {
    const { method, url: path } = request;
    const body = await bytes(request);
    const signature = signatureOf(request.headers);
    const refused = reads && signature && signature !== reads;
    const asked = new Request(origin + path, { method, headers: request.headers, body: method === "POST" ? body : undefined });
    const answer = refused
      ? new Response("another form of signature, please", { status: 401 })
      : await federation.fetch(asked, { contextData: undefined });
    seen.push({ method, path, signature, status: answer.status, body: body.toString() });
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    let said = Buffer.from(await answer.arrayBuffer());
    // Its events take sign-ups, for which Fedify has no word (FEP-8a8e).
    if (path.startsWith("/events/") && answer.ok) said = JSON.stringify({ ...JSON.parse(said), joinMode: "free" });
    response.end(said);
  });

  const ctx = federation.createContext(new URL(origin), undefined);
  const mint = (kind) => new URL(`${origin}/${kind}/${crypto.randomUUID()}`);
  const send = (to, a, identifier = "alice") => ctx.sendActivity({ identifier }, to, a, { immediate: true });

  function activity(type, name, object, more) {
    const actor = ctx.getActorUri(name);
    return new vocab[type]({ id: mint("activities"), actor, object, to: vocab.PUBLIC_COLLECTION, ...more });
  }

  /** event makes an event of Alice's or Bob's, or changes it, and serves it at its id. */
  function event(slug, by, name) {
    const id = new URL(`${origin}/events/${slug}`);
    const e = new vocab.Event({
      id,
      attribution: ctx.getActorUri(by),
      name,
      content: "<p>Venez nombreux.</p>",
      startTime: Temporal.Instant.from("2027-05-01T10:00:00Z"),
      endTime: Temporal.Instant.from("2027-05-01T12:00:00Z"),
      location: new vocab.Place({ name: "Brest", latitude: 48.39, longitude: -4.486 }),
      tags: [new vocab.Hashtag({ name: "#cartographie", href: new URL(`${origin}/tags/cartographie`) })],
      published: events.get(slug)?.published ?? Temporal.Now.instant(),
      updated: events.has(slug) ? Temporal.Now.instant() : null,
      to: vocab.PUBLIC_COLLECTION,
    });
    events.set(slug, e);
    return e;
  }

  /** lookup finds an object by its address or by its handle, as Alice. */
  async function lookup(what) {
    return ctx.lookupObject(what, { documentLoader: await ctx.getDocumentLoader({ identifier: "alice" }) });
  }

  /** pass posts what another wrote, signed by Alice, and returns the status. */
  async function pass(inbox, body) {
    const [{ privateKey, keyId }] = await ctx.getActorKeyPairs("alice");
    const headers = { "Content-Type": "application/activity+json" };
    const request = await signRequest(new Request(inbox, { method: "POST", headers, body }), privateKey, keyId, { spec: signs });
    return (await fetch(request)).status;
  }

  const { host } = new URL(origin);
  return {
    pass,
    origin,
    host,
    address: `@alice@${host}`,
    received,
    reading,
    seen,
    context: ctx,
    event,
    lookup,
    /** follow has Alice follow an actor, with a Follow that was sent before if it is given. */
    async follow(actor, again) {
      const first = { id: mint("follows"), actor: ctx.getActorUri("alice"), object: actor.id, to: actor.id };
      const follow = again ?? new vocab.Follow(first);
      await send(actor, follow);
      return follow;
    },
    /** tell sends an activity of Alice's about an object to an actor, and returns it. */
    async tell(to, type, object, more) {
      const told = activity(type, "alice", object, more);
      await send(to, told);
      return told;
    },
    close: () => server.close().closeAllConnections(),
  };
}
