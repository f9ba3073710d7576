// Federates a real node with a second server that others wrote, activitypub-bot. What it
// adds to Fedify: it reads with a JSON-LD processor that knows nothing of our habits,
// delivers to whom an activity is addressed, keeps its keys in documents of their own,
// lists activities by their IRIs and dates no edit.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startBot } from "./bot.mjs";
import { startMaillage } from "./maillage.mjs";
import { until } from "./until.mjs";

const PUBLIC = "https://www.w3.org/ns/activitystreams#Public";

describe("a bot of activitypub-bot", () => {
  let maillage, bot, node, tiriad;
  before(async () => {
    maillage = await startMaillage();
    bot = await startBot();
  });
  after(async () => {
    await bot?.close();
    if (!maillage) return; // it did not start, which has been said
    const { code, said } = await maillage.stop();
    assert.equal(code, 0, `the node did not stop cleanly:\n${said}`);
  });

  const find = async (name) => bot.context.getObject(await bot.context.toActorId(`${name}@${maillage.host}`));
  const typeOf = (object) => object.type.replace("https://www.w3.org/ns/activitystreams#", "");
  const idOf = (value) => value?.id ?? value;

  /** receives waits for an activity by an actor about an object, whose signature the bot verified. */
  const receives = (type, actor, object) =>
    until(`${type} by ${actor.id} of ${object}`, () =>
      bot.received.find((a) => a.type === type && idOf(a.actor) === actor.id && idOf(a.object) === object),
    );

  /** search asks the node until it knows as many things of the bot as expected, and returns them. */
  const search = (words, total) =>
    until(`${total} × ${words}`, async () => {
      const found = await maillage.api("GET", `search?origin=${bot.host}&q=${encodeURIComponent(words)}`);
      return found.total === total && found.hits;
    });

  /** shows waits until people read the words at an address, or no longer do. */
  const shows = (address, words, shown = true) =>
    until(`${words} at ${address}: ${shown}`, async () => {
      const page = await (await fetch(address, { headers: { Accept: "text/html" } })).text();
      return page.replace(/<[^>]*>|\s+/g, " ").includes(words) === shown;
    });

  const draft = (name, more) => ({
    name,
    summary: "On cartographie les fontaines.",
    when: { start: "2027-03-14T13:00:00Z", end: "2027-03-14T17:00:00Z" },
    place: { name: "Le Repair", locality: "Brest", point: { lat: 48.39, lon: -4.486 } },
    themes: ["cartographie"],
    status: "confirme",
    licence: "CC-BY-SA-4.0",
    ...more,
  });
  const say = (words) => bot.context.sendNote(words, { to: PUBLIC, cc: bot.context.getFollowersId() });

  test("finds the actors by WebFinger", async () => {
    [node, tiriad] = await Promise.all(["relay", "tiriad"].map(find));
    assert.deepEqual([typeOf(node), typeOf(tiriad)], ["Application", "Organization"]);
    assert.equal(tiriad.name.get(), "Tiriad");
  });

  test("follows, and is accepted", async () => {
    for (const actor of [tiriad, node]) {
      await bot.context.followActor(actor);
      await until(`${actor.id} is followed`, () => bot.context.isFollowing(actor));
    }
  });

  let event; // that takes sign-ups
  test("hears of an event, and reads it", async () => {
    event = await maillage.api("POST", "events", draft("Cartopartie du vallon", { join_mode: "free", capacity: 10 }));
    const { object } = await receives("Create", tiriad, event.id);
    await receives("Announce", node, event.id);
    const read = await bot.context.getObject(event.id);
    assert.deepEqual([typeOf(read), read.name.get()], ["Event", "Cartopartie du vallon"]);
    assert.deepEqual([object.startTime, object.location.latitude], ["2027-03-14T14:00:00+01:00", 48.39]);
    const left = Object.entries(object).find(([term]) => term.endsWith("/remainingAttendeeCapacity") || term.endsWith("#remainingAttendeeCapacity"));
    assert.equal(left?.[1], 10);
  });

  test("hears of its edit, and of the end of another", async () => {
    await maillage.api("PUT", `events/${event.slug}`, draft("Cartopartie du port", { join_mode: "free", capacity: 10 }));
    const { object } = await receives("Update", tiriad, event.id);
    assert.equal(object.name, "Cartopartie du port");
    const other = await maillage.api("POST", "events", draft("Réunion sans suite"));
    await receives("Create", tiriad, other.id);
    await maillage.api("DELETE", `events/${other.slug}`);
    assert.equal((await receives("Delete", tiriad, other.id)).object.type, "Tombstone");
  });

  test("is followed, and its past is read, though its outbox only names it", async () => {
    await say("Les huîtriers pies sont revenus.");
    assert.match(await maillage.maillage("peer", "add", bot.address), /Accepté/);
    await until("the node follows", () => bot.context.isFollower(node));
    await search("huîtriers", 1);
  });

  test("writes, edits and deletes", async () => {
    const note = await say("Le bateau des goélands part samedi.");
    assert.equal((await search("goélands", 1))[0].id, note.id);
    await bot.context.updateNote(note, "<p>Le bateau des cormorans part samedi.</p>");
    assert.equal((await search("cormorans", 1))[0].id, note.id);
    await search("goélands", 0);
    await bot.context.deleteNote(note);
    await search("cormorans", 0);
  });

  test("likes and shares, and takes it back", async () => {
    const read = await bot.context.getObject(event.id);
    await bot.context.likeObject(read);
    await shows(event.id, "1 personne aime");
    await bot.context.announceObject(read);
    await shows(event.id, "1 partage");
    await bot.context.unlikeObject(read);
    await shows(event.id, "personne aime", false);
    await bot.context.unannounceObject(read);
    await shows(event.id, "1 partage", false);
  });

  test("replies, is answered, edits the reply and deletes it", async () => {
    const reply = await bot.context.sendReply("J’apporte une bombarde.", await bot.context.getObject(event.id));
    await shows(event.id, "J’apporte une bombarde.");
    const answer = await maillage.api("POST", "announcements", { content: "Bienvenue !", in_reply_to: reply.id });
    const { object } = await receives("Create", tiriad, answer.id);
    assert.equal(idOf(object.inReplyTo), reply.id);
    assert.ok([object.tag].flat().some((tag) => tag.type === "Mention" && tag.href === bot.id));
    await bot.context.updateNote(reply, "<p>J’apporte un biniou.</p>");
    await shows(event.id, "J’apporte un biniou.");
    await bot.context.deleteNote(reply);
    await shows(event.id, "J’apporte un biniou.", false);
  });

  test("joins, and leaves", async () => {
    const join = await bot.context.doActivity({ type: "Join", object: event.id, to: tiriad.id });
    assert.equal(idOf((await receives("Accept", tiriad, join.id)).object), join.id);
    const document = async () => (await fetch(event.id, { headers: { Accept: "application/activity+json" } })).json();
    assert.equal((await document()).participantCount, 1);
    await bot.context.doActivity({ type: "Leave", object: event.id, to: tiriad.id });
    await until("nobody comes", async () => (await document()).participantCount === 0);
  });

  test("unfollows, and is told nothing more", async () => {
    const followers = async () =>
      (await fetch(`${tiriad.id}/followers`, { headers: { Accept: "application/activity+json" } })).json();
    assert.equal((await followers()).totalItems, 1);
    await bot.context.unfollowActor(tiriad);
    await until("a follower less", async () => (await followers()).totalItems === 0);
  });

  test("all was understood, in either form of signature", () => {
    const sent = maillage.seen.filter(({ method, path, body }) => method === "POST" && path.endsWith("inbox") && body.includes(bot.origin));
    const got = bot.seen.filter(({ method, path }) => method === "POST" && path.endsWith("inbox"));
    for (const [requests, form] of [[sent, "rfc9421"], [got, "cavage"]]) {
      assert.ok(requests.length > 8);
      for (const { path, signature, status } of requests) assert.deepEqual([signature, status], [form, 202], path);
    }
  });
});
