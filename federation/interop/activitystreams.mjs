// activitypub-bot asks for activitystrea.ms 4, which the npm registry does not have:
// this adds to 3.1 what it lacks of it. To be imported before activitypub-bot.
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const Loader = require("activitystrea.ms/src/contextloader.js");

const registered = new Map(); // contexts by address
const { makeDocLoader } = Loader.prototype;
Loader.prototype.makeDocLoader = function () {
  const load = makeDocLoader.call(this);
  return async (url) =>
    registered.has(url) ? { contextUrl: null, document: registered.get(url), documentUrl: url } : load(url);
};

// What is imported may hold objects that were imported before.
const jsonld = require("activitystrea.ms/src/jsonld.js");
const importJSON = jsonld.import;
jsonld.import = async (json, ...options) => {
  const members = Object.entries(json).map(async ([key, value]) => [
    key,
    value instanceof as2.models.Base ? await value.export({ useOriginalContext: true }) : value,
  ]);
  return importJSON(Object.fromEntries(await Promise.all(members)), ...options);
};

const as2 = require("activitystrea.ms"); // it takes all this as it finds it
const reasoner = require("activitystrea.ms/src/reasoner.js");

as2.registerContext = (url, context) => void registered.set(url, context);

Object.defineProperty(as2.models.Base.prototype, "isActivity", {
  value() {
    return [this.type].flat().some((type) => reasoner.node(type).is("https://www.w3.org/ns/activitystreams#Activity"));
  },
});
