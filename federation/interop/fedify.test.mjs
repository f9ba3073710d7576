// Federates a real node with a server that somebody else wrote, on Fedify: both
// find, follow, read and tell each other, in both forms of HTTP signature.
import { parseNodeInfo, verifyObject } from "@fedify/fedify";
import * as vocab from "@fedify/vocab";
import { Temporal } from "@js-temporal/polyfill";
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startFedify } from "./fedify.mjs";
import { startMaillage } from "./maillage.mjs";
import { until } from "./until.mjs";

let maillage;
let moderator; // visits pages and posts forms

before(async () => {
  maillage = await startMaillage();
  moderator = await maillage.member("moderation@example.org", "moderator");
  const facts = fileURLToPath(new URL("../../cmd/maillage/demo", import.meta.url));
  assert.match(await maillage.maillage("import", "--as", "tiriad", facts), /, 0 refusé$/m);
  await maillage.api("POST", "announcements", { content: "Le nœud d'essai est ouvert." });
});

after(async () => {
  if (!maillage) return; // it did not start, which has been said
  const { code, said } = await maillage.stop();
  assert.equal(code, 0, `the node did not stop cleanly:\n${said}`);
});

describe("what Fedify reads of a node", () => {
  let fedify;
  before(async () => (fedify = await startFedify({ signs: "rfc9421" })));
  after(() => fedify.close());

  test("its NodeInfo", async () => {
    const read = async (url) => (await fetch(url)).json();
    const { links } = await read(`${maillage.origin}/.well-known/nodeinfo`);
    for (const version of ["2.0", "2.1"]) {
      const { href } = links.find(({ rel }) => rel === `http://nodeinfo.diaspora.software/ns/schema/${version}`);
      const info = parseNodeInfo(await read(href));
      assert.equal(info?.software.name, "maillage", version);
      assert.ok(info.protocols.includes("activitypub"));
    }
  });

  const actors = { brest: vocab.Group, tiriad: vocab.Organization, relay: vocab.Application };
  for (const [name, type] of Object.entries(actors)) {
    test(`@${name} by WebFinger, and the actor with its key`, async () => {
      const found = await fedify.context.lookupWebFinger(`acct:${name}@${maillage.host}`);
      const self = found.links.find((link) => link.rel === "self").href;
      const actor = await fedify.lookup(`@${name}@${maillage.host}`);
      assert.ok(actor instanceof type, `${actor?.constructor.name}`);
      assert.equal(actor.id.href, self);
      assert.equal((await actor.getPublicKey()).ownerId.href, self);
      assert.ok(actor.inboxId && actor.outboxId && actor.followersId && actor.endpoints.sharedInbox);
    });
  }

  const objects = {
    events: vocab.Event,
    recipes: vocab.Article,
    partners: vocab.Page,
    announcements: vocab.Note,
    territories: vocab.Group,
  };
  for (const [path, type] of Object.entries(objects)) {
    test(`every document of ${path} is a ${type.name}`, async () => {
      const { items } = await maillage.api("GET", `${path}?origin=local&per_page=100`);
      assert.ok(items.length > 0);
      for (const { id, name } of items) {
        const object = await fedify.lookup(id);
        assert.ok(object instanceof type, `${id} is a ${object?.constructor.name}`);
        assert.equal(object.id.href, id);
        if (path !== "announcements") assert.equal(`${object.name}`, name);
        if (path !== "territories") assert.ok(`${object.content}`, `${id} says nothing`);
      }
    });
  }

  const published = { relay: vocab.Create, tiriad: vocab.Create, brest: vocab.Announce };
  for (const [name, type] of Object.entries(published)) {
    test(`the outbox of @${name}, and how many follow and are followed`, async () => {
      const actor = await fedify.lookup(`@${name}@${maillage.host}`);
      for (const collection of [await actor.getFollowers(), await actor.getFollowing()]) {
        assert.ok(collection instanceof vocab.Collection);
        assert.equal(typeof collection.totalItems, "number");
      }
      const outbox = await actor.getOutbox();
      const activities = await Array.fromAsync(fedify.context.traverseCollection(outbox));
      assert.equal(activities.length, outbox.totalItems);
      assert.ok(activities.length > 0);
      for (const activity of activities) assert.ok(activity instanceof type, activity.constructor.name);
      assert.ok((await fedify.lookup(activities[0].id)) instanceof type);
    });
  }

  for (const path of ["/annuaire", "/territoires", "/organisations/tiriad/featured"]) {
    test(`the collection ${path}`, async () => {
      assert.ok((await fedify.lookup(maillage.origin + path)) instanceof vocab.Collection);
    });
  }
});

// Each peer signs first in one form. The second reads RFC 9421 only, so that the node
// has to sign in it; to the first the node keeps to the draft.
const peers = {
  "a peer that signs by RFC 9421 and reads both forms": { signs: "rfc9421", sent: "rfc9421", got: "cavage" },
  "a peer that signs by draft-cavage and reads RFC 9421 only": {
    signs: "draft-cavage-http-signatures-12",
    reads: "rfc9421",
    sent: "cavage",
    got: "rfc9421",
  },
};

for (const [what, peer] of Object.entries(peers)) {
  describe(what, () => {
    let fedify, node, brest, tiriad;
    const follows = {}; // Follow activities of Alice, by whom she follows
    before(async () => {
      fedify = await startFedify({ ...peer, bobWas: [new URL(`${maillage.origin}/organisations/tiriad`)] });
      const named = (name) => fedify.lookup(`@${name}@${maillage.host}`);
      [node, brest, tiriad] = await Promise.all(["relay", "brest", "tiriad"].map(named));
    });
    after(() => fedify.close());

    /** heard lists the activities of a type by an actor that Fedify verified. */
    const heard = (type, actor) => fedify.received.filter((a) => a instanceof type && a.actorId.href === actor.id.href);

    /** receives waits for one of them, about an object, and returns it. */
    const receives = (type, actor, object) =>
      until(`${type.name} by ${actor.id.href} of ${object}`, () =>
        heard(type, actor).find((activity) => activity.objectId?.href === object),
      );

    const draft = (name, territory) => ({
      name,
      summary: "On cartographie les fontaines.",
      when: { start: "2027-03-14T13:00:00Z", end: "2027-03-14T17:00:00Z" },
      place: { locality: "Brest", point: { lat: 48.39, lon: -4.486 } },
      territories: [{ id: `${maillage.origin}/territoires/${territory}`, slug: territory, name: territory }],
      themes: ["cartographie"],
      status: "confirme",
      licence: "CC-BY-SA-4.0",
    });

    /** search asks the node until it knows as many things as expected, and returns them. */
    const search = (words, total) =>
      until(`${total} × ${words}`, async () => {
        const found = await maillage.api("GET", `search?origin=${fedify.host}&q=${encodeURIComponent(words)}`);
        return found.total === total && found.hits;
      });

    test("follows a territory and an organisation, and is accepted", async () => {
      for (const actor of [brest, tiriad]) {
        const follow = await fedify.follow(actor);
        await receives(vocab.Accept, actor, follow.id.href);
        follows[actor.id.href] = follow;
      }
    });

    let event;
    test("hears of an event, and reads it", async () => {
      event = await maillage.api("POST", "events", draft("Cartopartie du vallon", "brest"));
      const create = await receives(vocab.Create, tiriad, event.id);
      const announce = await receives(vocab.Announce, brest, event.id);
      for (const object of [await create.getObject(), await announce.getObject(), await fedify.lookup(event.id)]) {
        assert.ok(object instanceof vocab.Event);
        assert.equal(`${object.name}`, "Cartopartie du vallon");
        assert.equal(`${object.startTime}`, "2027-03-14T13:00:00Z");
        assert.equal(object.attributionId.href, tiriad.id.href);
      }
    });

    test("hears of its edits", async () => {
      await maillage.api("PUT", `events/${event.slug}`, draft("Cartopartie du port", "brest"));
      const update = await receives(vocab.Update, tiriad, event.id);
      assert.equal(`${(await update.getObject()).name}`, "Cartopartie du port");
      assert.equal(`${(await fedify.lookup(event.id)).name}`, "Cartopartie du port");
    });

    test("hears that it leaves the territory", async () => {
      const announce = await receives(vocab.Announce, brest, event.id);
      await maillage.api("PUT", `events/${event.slug}`, draft("Cartopartie du port", "lorient"));
      await receives(vocab.Undo, brest, announce.id.href);
    });

    test("hears that it is withdrawn, and reads a tombstone", async () => {
      await maillage.api("DELETE", `events/${event.slug}`);
      await receives(vocab.Delete, tiriad, event.id);
      assert.equal((await fetch(event.id, { headers: { Accept: "application/activity+json" } })).status, 410);
    });

    test("hears nothing of a territory it left, until it follows it again with the same Follow", async () => {
      const followers = async () => (await fedify.lookup(brest.followersId)).totalItems;
      const following = await followers();
      await fedify.tell(brest, "Undo", follows[brest.id.href]);
      await until("a follower less", async () => (await followers()) === following - 1);
      const unheard = await maillage.api("POST", "events", draft("Réunion discrète", "brest"));
      await receives(vocab.Create, tiriad, unheard.id);

      await fedify.follow(brest, follows[brest.id.href]);
      await until("a second Accept", () => heard(vocab.Accept, brest).length === 2);

      const told = await maillage.api("POST", "events", draft("Réunion publique", "brest"));
      await receives(vocab.Announce, brest, told.id);
      assert.ok(heard(vocab.Announce, brest).every((announce) => announce.objectId.href !== unheard.id));
    });

    test("is followed, and its past is read", async () => {
      fedify.event("goelands", "alice", "Comptage des goélands");
      assert.match(await maillage.maillage("peer", "add", fedify.address), /Accepté.*\n.*1 événement/);
      const [hit] = await search("goélands", 1);
      assert.equal(hit.id, `${fedify.origin}/events/goelands`);
    });

    test("tells of an event, edits it and withdraws it", async () => {
      const created = fedify.event("lavoirs", "alice", "Visite des lavoirs");
      await fedify.tell(node, "Create", created);
      const [hit] = await search("lavoirs", 1);
      assert.deepEqual([hit.id, hit.name, hit.start], [created.id.href, "Visite des lavoirs", "2027-05-01T10:00:00Z"]);
      assert.deepEqual([hit.lat, hit.lon, hit.themes], [48.39, -4.486, ["cartographie"]]);

      await fedify.tell(node, "Update", fedify.event("lavoirs", "alice", "Visite des moulins"));
      assert.equal((await search("moulins", 1))[0].id, created.id.href);
      await search("lavoirs", 0);

      await fedify.tell(node, "Delete", new vocab.Tombstone({ id: created.id }));
      await search("moulins", 0);
    });

    test("announces somebody's event, which is read at its origin", async () => {
      const event = fedify.event("tricot", "bob", "Atelier de tricot");
      await fedify.tell(node, "Announce", event.id);
      assert.equal((await search("tricot", 1))[0].id, event.id.href);
      assert.deepEqual([...new Set(fedify.reading)], [node.id.href], "the node signs what it reads");
    });

    test("tells with a proof of its own, which holds for nothing else", async () => {
      const event = await maillage.api("POST", "events", draft("Balade des puits", "brest"));
      const create = await receives(vocab.Create, tiriad, event.id);
      const told = await (await fetch(create.id, { headers: { Accept: "application/activity+json" } })).json();
      assert.equal(told.proof.verificationMethod.split("#")[0], tiriad.id.href);
      assert.ok(await verifyObject(vocab.Create, told, fedify.context));
      told.object.name = "Balade des mines";
      assert.equal(await verifyObject(vocab.Create, told, fedify.context), null);
    });

    test("is believed for its proof when another server passes it on", async () => {
      const other = await startFedify({ signs: peer.signs });
      try {
        await fedify.tell(await fedify.lookup(`${other.origin}/users/alice`), "Create", fedify.event("chapelles", "alice", "Tour des chapelles"));
        const { body } = await until("the other server has it", () => other.seen.find((r) => r.body.includes("chapelles")));
        const changed = body.replace("Tour des chapelles", "Tour des casinos");
        assert.equal(await other.pass(`${maillage.origin}/inbox`, changed), 401);
        assert.equal(await other.pass(`${maillage.origin}/inbox`, body), 202);
        assert.equal((await search("chapelles", 1))[0].id, `${fedify.origin}/events/chapelles`);
      } finally {
        other.close();
      }
    });

    /** page is what people read at an address, which is asked for until it says the words. */
    const page = (address, words) =>
      until(`${words} at ${address}`, async () =>
        (await (await fetch(address, { headers: { Accept: "text/html" } })).text()).replace(/<[^>]*>|\s+/g, " ").includes(words),
      );
    const document = async (address) => (await fetch(address, { headers: { Accept: "application/activity+json" } })).json();

    let open; // an event that takes sign-ups
    test("joins an event, leaves it, and changes its mind", async () => {
      open = await maillage.api("POST", "events", { ...draft("Fest-noz libre", "brest"), join_mode: "free", capacity: 10 });
      const comes = (count) => until(`${count} come`, async () => (await document(open.id)).participantCount === count);
      const join = await fedify.tell(tiriad, "Join", new URL(open.id));
      const accept = await receives(vocab.Accept, tiriad, join.id.href);
      assert.ok((await accept.getObject({ crossOrigin: "trust" })) instanceof vocab.Join, "with the Join inside, as it came");
      await comes(1);
      await fedify.tell(tiriad, "Leave", new URL(open.id));
      await comes(0);
      const again = await fedify.tell(tiriad, "Join", new URL(open.id));
      await receives(vocab.Accept, tiriad, again.id.href);
      await fedify.tell(tiriad, "Undo", again);
      await comes(0);
    });

    test("is told that an event takes no sign-ups", async () => {
      const closed = await maillage.api("POST", "events", draft("Réunion fermée", "brest"));
      const join = await fedify.tell(tiriad, "Join", new URL(closed.id));
      await receives(vocab.Ignore, tiriad, join.id.href);
    });

    test("likes and shares, and takes it back", async () => {
      const like = await fedify.tell(tiriad, "Like", new URL(open.id));
      await page(open.id, "1 personne aime");
      const share = await fedify.tell(tiriad, "Announce", new URL(open.id));
      await page(open.id, "1 partage");
      await fedify.tell(tiriad, "Undo", like);
      await fedify.tell(tiriad, "Undo", share);
      const quiet = async () => !/personne aime|1\s+partage/.test(await (await fetch(open.id)).text());
      await until("neither is shown", quiet);
      await fedify.tell(tiriad, "EmojiReact", new URL(open.id), { content: "🎉" });
      await page(open.id, "1 personne aime");
    });

    test("replies, edits the reply and deletes it", async () => {
      const id = new URL(`${fedify.origin}/notes/1`);
      const reply = (content, updated) =>
        new vocab.Note({
          id,
          attribution: fedify.context.getActorUri("alice"),
          replyTarget: new URL(open.id),
          content,
          published: Temporal.Now.instant(),
          updated,
          to: vocab.PUBLIC_COLLECTION,
        });
      const replies = async () => (await fedify.lookup(`${open.id}/replies`)).totalItems;
      await fedify.tell(tiriad, "Create", reply("<p>J’apporte une bombarde.</p>"));
      await page(open.id, "J’apporte une bombarde."); // the node follows Alice
      assert.equal(await replies(), 1);
      await fedify.tell(tiriad, "Update", reply("<p>J’apporte un biniou.</p>", Temporal.Now.instant().add({ seconds: 2 })));
      await page(open.id, "J’apporte un biniou.");
      await fedify.tell(tiriad, "Delete", new vocab.Tombstone({ id }));
      await until("the reply is gone", async () => (await replies()) === 0);
    });

    test("is answered, by name", async () => {
      const reply = new vocab.Note({
        id: new URL(`${fedify.origin}/notes/2`),
        attribution: fedify.context.getActorUri("alice"),
        replyTarget: new URL(open.id),
        content: "<p>Où se garer ?</p>",
        published: Temporal.Now.instant(),
        to: vocab.PUBLIC_COLLECTION,
      });
      await fedify.tell(tiriad, "Create", reply);
      await page(open.id, "Où se garer ?");
      const { id } = await maillage.api("POST", "announcements", { content: "Au port.", in_reply_to: reply.id.href });
      const answer = await (await receives(vocab.Create, tiriad, id)).getObject();
      assert.equal(answer.replyTargetId.href, reply.id.href);
      const tags = await Array.fromAsync(answer.getTags());
      assert.ok(tags.some((tag) => tag instanceof vocab.Mention && tag.href.href === fedify.context.getActorUri("alice").href));
    });

    test("answers for the places of an event of ours", async () => {
      const chosen = await maillage.api("POST", "events", { ...draft("Stage de biniou", "brest"), join_mode: "restricted" });
      const join = await fedify.tell(tiriad, "Join", new URL(chosen.id));
      const asked = await until("a place is asked for", async () => (await maillage.api("GET", `events/${chosen.slug}/participants`)).items[0]);
      await maillage.api("PUT", `events/${chosen.slug}/participants/${asked.id}`, { state: "refused" });
      await receives(vocab.Reject, tiriad, join.id.href);
      await maillage.api("PUT", `events/${chosen.slug}/participants/${asked.id}`, { state: "accepted" });
      await receives(vocab.Accept, tiriad, join.id.href);
    });

    let theirs; // an event of Alice's that the node knows
    test("is asked for a place at its event, and given it back", async () => {
      const event = fedify.event("fest-deiz", "alice", "Fest-deiz des quais");
      await fedify.tell(node, "Announce", event.id); // read where it lives, where it says that it takes sign-ups
      [theirs] = await search("fest-deiz", 1);
      const place = `events/${theirs.path.split("/").at(-1)}/participation`;
      await maillage.api("PUT", place);
      const join = await receives(vocab.Join, tiriad, event.id.href);
      await fedify.tell(tiriad, "Accept", join);
      await until("the place is ours", async () => (await maillage.api("PUT", place)).state === "accepted");
      await maillage.api("DELETE", place);
      await receives(vocab.Leave, tiriad, event.id.href);
    });

    test("is offered a correction, and its answer is heard", async () => {
      const correct = { kind: "correct", object: theirs.id, message: "C’est écrit sur l’affiche.", changes: [{ field: "name", now: "Fest-deiz du port" }] };
      const { id } = await maillage.api("POST", "proposals", correct);
      await moderator(`/moderation/${id}/transmettre`, {});
      const offer = await receives(vocab.Offer, node, theirs.id);
      await fedify.tell(node, "Reject", offer, { content: "<p>L’affiche se trompe.</p>" });
      await until("the refusal is known", async () => (await moderator(`/moderation/${id}`)).includes("L’affiche se trompe."));
    });

    test("is told of a report, by a moderator's hand", async () => {
      const { id } = await maillage.api("POST", "proposals", { kind: "report", object: theirs.id, reason: "privacy", message: "Mon numéro y est." });
      await moderator(`/moderation/${id}/regler`, { suite: "forward" });
      const flag = await until("a Flag", () => heard(vocab.Flag, node)[0]);
      assert.ok(flag.objectIds.some(({ href }) => href === theirs.id));
      assert.match(`${flag.content}`, /Mon numéro y est/);
    });

    test("is told what is put forward, and what no longer is", async () => {
      const featured = async () => (await fedify.lookup(`${tiriad.id.href}/featured`)).getItems();
      const first = async () => (await Array.fromAsync(await featured()))[0].id.href;
      await maillage.api("PUT", `events/${open.slug}/featured`);
      const add = await receives(vocab.Add, tiriad, open.id);
      assert.equal(add.targetId.href, `${tiriad.id.href}/featured`);
      assert.equal(await first(), open.id);
      await maillage.api("DELETE", `events/${open.slug}/featured`);
      await receives(vocab.Remove, tiriad, open.id);
    });

    test("puts an event forward, which is read", async () => {
      const put = fedify.event("bombarde", "alice", "Cours de bombarde");
      await fedify.tell(node, "Add", put.id, { target: new URL(`${fedify.context.getActorUri("alice").href}/featured`) });
      assert.equal((await search("bombarde", 1))[0].id, put.id.href);
    });

    test("reports, offers and invites", async () => {
      const known = maillage.seen.length;
      await fedify.tell(tiriad, "Flag", new URL(open.id), { content: "Ce n’est pas la bonne adresse." });
      await fedify.tell(tiriad, "Offer", new URL(open.id), { content: "Il manque l’heure de fin." });
      await fedify.tell(tiriad, "Invite", new URL(open.id), { target: tiriad.id });
      const told = maillage.seen.slice(known).filter(({ body, method }) => method === "POST" && body.includes(fedify.origin));
      assert.deepEqual(told.map(({ status }) => status), [202, 202, 202]);
    });

    test("blocks, and is told nothing more", async () => {
      const followers = async () => (await fedify.lookup(tiriad.followersId)).totalItems;
      const following = await followers();
      const block = await fedify.tell(tiriad, "Block", tiriad.id);
      await until("a follower less", async () => (await followers()) === following - 1);
      await fedify.tell(tiriad, "Undo", block);
      const follow = await fedify.follow(tiriad);
      await receives(vocab.Accept, tiriad, follow.id.href);
      assert.equal(await followers(), following);
    });

    test("moves, and is followed where it went", async () => {
      const bob = fedify.context.getActorUri("bob");
      await fedify.tell(node, "Move", fedify.context.getActorUri("alice"), { target: bob });
      await receives(vocab.Follow, node, bob.href);
      await until("the node leaves the old address", () => heard(vocab.Undo, node).length > 0);
    });

    test("is told that an organisation moved, which one can take back", async () => {
      const bob = fedify.context.getActorUri("bob");
      await maillage.maillage("org", "move", "tiriad", bob.href);
      const move = await receives(vocab.Move, tiriad, tiriad.id.href);
      assert.equal(move.targetId.href, bob.href);
      await receives(vocab.Update, tiriad, tiriad.id.href);
      const moved = await fedify.lookup(tiriad.id);
      assert.equal(moved.successorId.href, bob.href);
      await assert.rejects(maillage.api("POST", "events", draft("Un de trop", "brest")), /422.*a déménagé/);
      await maillage.maillage("org", "move", "tiriad", "--undo");
      await maillage.maillage("org", "alias", "tiriad", bob.href);
      const back = await fedify.lookup(tiriad.id);
      assert.deepEqual([back.successorId, back.aliasIds.map(({ href }) => href)], [null, [bob.href]]);
      await maillage.maillage("org", "alias", "tiriad", bob.href, "--remove");
    });

    test("deletes itself, with all it published", async () => {
      const event = fedify.event("adieux", "alice", "Pot des adieux");
      await fedify.tell(node, "Create", event); // nobody follows her any more
      await fedify.tell(node, "Delete", fedify.context.getActorUri("alice"));
      await search("goélands", 0);
      await search("bombarde", 0);
      await search("adieux", 0);
    });

    test("all was understood, in the expected form of signature", () => {
      const posts = (seen) => seen.filter((request) => request.method === "POST" && request.path.endsWith("inbox"));
      const sent = posts(maillage.seen).filter((request) => request.body.includes(fedify.origin));
      const got = posts(fedify.seen);
      for (const [requests, form] of [[sent, peer.sent], [got, peer.got]]) {
        assert.ok(requests.length > 8);
        for (const { path, signature, status } of requests.filter((r) => !`${r.body}`.includes("casinos"))) assert.deepEqual([signature, status], [form, 202], path);
      }
    });

    // A node once refused all that Fedify sends: in its @context two terms differ by case alone.
    test("sent terms that differ by case alone", () => {
      const contexts = maillage.seen
        .filter((r) => r.status === 202 && r.body.includes(fedify.origin))
        .flatMap((r) => JSON.parse(r.body)["@context"])
        .filter((context) => typeof context === "object")
        .map((context) => Object.keys(context));
      assert.ok(contexts.some((terms) => new Set(terms.map((term) => term.toLowerCase())).size < terms.length));
    });
  });
}
