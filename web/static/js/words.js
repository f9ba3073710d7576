// The words of the map that its page does not already give (#map-labels), in the
// two languages of the site.
const words = {
  fr: {
    loading: "Chargement de la carte…",
    error: "La carte n’a pas pu être mise à jour. Vérifiez votre connexion.",
    retry: "Réessayer",
    offline: "Pas de connexion : voici la dernière vue gardée sur cet appareil.",
    since: "À partir de",
    until: "Jusqu’à",
    always: "toujours",
    dates: "Période des événements",
    notBuilt: "La carte n’a pas été construite sur ce nœud ; la liste est complète.",
    noWebGL: "Votre navigateur ne peut pas dessiner la carte (WebGL est désactivé) ; la liste est complète.",
    cluster: "%d fiches : zoomer",
    stack: "%d fiches au même endroit",
    more: "Les %d premières sont ici ; la liste donne les autres.",
    markers: "Fiches sur la carte. Les flèches passent de l’une à l’autre, Entrée ouvre.",
    close: "Fermer",
    zoomIn: "Zoomer",
    zoomOut: "Dézoomer",
    from: "via %s",
    cancelled: "Annulé",
    approximate: { quartier: "placé au centre du quartier", commune: "placé au centre de la commune", pays: "placé au centre du pays", departement: "placé au centre du département" },
    twoFingers: "Déplacez la carte avec deux doigts",
    inhabitants: "%s habitants",
    nearest: "L’acteur le plus proche est à %s km.",
    nobody: "Aucun acteur n’est encore sur la carte.",
    attribution: "Fond de carte : Natural Earth, GeoNames (CC BY 4.0) ; limites approchées",
    attributions: "Sources de la carte",
    map: "Carte",
    kinds: { event: "Événement", recipe: "Recette", partner: "Partenaire", territory: "Territoire", announcement: "Annonce" },
    networks: {},
  },
  en: {
    loading: "Loading the map…",
    error: "The map could not be updated. Check your connection.",
    retry: "Try again",
    offline: "No connection: this is the last view kept on this device.",
    since: "From",
    until: "Until",
    always: "always",
    dates: "Dates of the events",
    notBuilt: "The map was not built on this node; the list is complete.",
    noWebGL: "Your browser cannot draw the map (WebGL is off); the list is complete.",
    cluster: "%d entries: zoom in",
    stack: "%d entries at the same place",
    more: "The first %d are here; the list gives the others.",
    markers: "Entries on the map. Arrow keys go from one to the next, Enter opens.",
    close: "Close",
    zoomIn: "Zoom in",
    zoomOut: "Zoom out",
    from: "via %s",
    cancelled: "Cancelled",
    approximate: { quartier: "placed at the centre of the neighbourhood", commune: "placed at the centre of the town", pays: "placed at the centre of the area", departement: "placed at the centre of the département" },
    twoFingers: "Use two fingers to move the map",
    inhabitants: "%s inhabitants",
    nearest: "The nearest actor is %s km away.",
    nobody: "No actor is on the map yet.",
    attribution: "Base map: Natural Earth, GeoNames (CC BY 4.0); approximate borders",
    attributions: "Map sources",
    map: "Map",
    kinds: { event: "Event", recipe: "Recipe", partner: "Partner", territory: "Territory", announcement: "Announcement" },
    networks: {},
  },
};

// wordsOf returns the words of a language, the page's own first.
export function wordsOf(lang, own = {}) {
  const kept = Object.entries(own ?? {}).filter(([, value]) => value !== "" && value !== null);
  return { ...(words[lang] ?? words.fr), ...Object.fromEntries(kept) };
}

// fill puts a value in the place of %d or %s.
export function fill(text, value) {
  return text.replace(/%[ds]/, () => String(value));
}
