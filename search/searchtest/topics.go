package searchtest

// topic is something that people of the network do, in the words that they use.
// inPassing are sentences that name it in texts about something else.
type topic struct {
	slug, theme                               string
	events, actors, recipes, about, inPassing []string
}

var townHall = topic{
	slug: "mairie", theme: "democratie-locale",
	actors:    []string{"Mairie de {commune}", "Commune de {commune}"},
	about:     []string{"La mairie et ses élus, les délibérations et les salles à réserver.", "Accueil du public, état civil, salles communales."},
	inPassing: []string{"Avec le soutien de la mairie de {commune}."},
}

var topics = []topic{
	{
		slug: "cartopartie", theme: "cartographie",
		events:    []string{"Cartopartie à {commune}", "Cartopartie des fontaines et des lavoirs", "Cartopartie : les rues accessibles", "Balade cartographique et saisie dans OpenStreetMap"},
		actors:    []string{"Les cartographes de {commune}", "Groupe OpenStreetMap de {commune}"},
		recipes:   []string{"Organiser une cartopartie", "Animer une cartopartie avec une classe", "Préparer une cartopartie d’accessibilité"},
		about:     []string{"On relève ensemble les chemins et les équipements, puis on complète OpenStreetMap.", "Des habitants cartographient leur quartier, papier et téléphone en main."},
		inPassing: []string{"Une cartopartie a eu lieu à {commune} l’an dernier.", "Les plans viennent d’OpenStreetMap."},
	},
	{
		slug: "install-party", theme: "logiciels-libres",
		events:    []string{"Install party à {commune}", "Install-party de printemps", "Fête d’installation de logiciels libres"},
		actors:    []string{"Collectif Libre en fête {commune}", "Les installeurs libres de {commune}"},
		recipes:   []string{"Tenir une install party", "Guide de l’install-party en médiathèque"},
		about:     []string{"Venez avec votre ordinateur : on l’installe avec vous et on l’essaie sur place.", "Installation d’un système libre, sauvegarde comprise."},
		inPassing: []string{"Une install party est prévue à {commune}."},
	},
	{
		slug: "linux", theme: "logiciels-libres",
		events:    []string{"Initiation à Linux", "Soirée Linux à {commune}", "Premiers pas avec Linux"},
		actors:    []string{"Linux {commune}", "GULL de {commune}", "Groupe d’utilisateurs de Linux de {commune}"},
		recipes:   []string{"Faire découvrir Linux en une heure", "Passer la mairie à Linux"},
		about:     []string{"Un groupe d’utilisateurs qui s’entraide autour des systèmes libres.", "Linux au quotidien : bureau, courrier, photos."},
		inPassing: []string{"Les postes sont sous Linux."},
	},
	{
		slug: "repair-cafe", theme: "reemploi-materiel",
		events:    []string{"Repair café à {commune}", "Repair café du samedi", "Café réparation : grille-pain et lampes"},
		actors:    []string{"Repair Café de {commune}", "Les bricoleurs du coin, repair café"},
		recipes:   []string{"Ouvrir un repair café", "Organiser un repair café mensuel"},
		about:     []string{"On répare ensemble ce qui est cassé, avec des bénévoles outillés.", "Réparer plutôt que jeter, autour d’un café."},
		inPassing: []string{"Le repair café de {commune} prête ses outils."},
	},
	{
		slug: "fablab", theme: "fabrication-numerique",
		events:    []string{"Portes ouvertes du fablab de {commune}", "Découverte de la découpeuse laser au fablab"},
		actors:    []string{"Fablab de {commune}", "Makerspace de {commune}", "L’Établi, fablab associatif", "Le Labo d’à côté"},
		recipes:   []string{"Monter un fablab associatif", "Créer un fablab dans une médiathèque"},
		about:     []string{"Un atelier de fabrication numérique ouvert à tous : découpe laser, électronique, bois.", "Machines partagées et entraide, dans un fablab ouvert le soir."},
		inPassing: []string{"Les badges ont été gravés au fablab de {commune}.", "En face du fablab."},
	},
	{
		slug: "impression-3d", theme: "fabrication-numerique",
		events:    []string{"Atelier impression 3D", "Imprimer en 3D une pièce cassée", "Impression 3D pour débuter, {commune}"},
		actors:    []string{"Club d’impression 3D de {commune}"},
		recipes:   []string{"Animer un atelier d’impression 3D"},
		about:     []string{"Dessiner une pièce, la trancher, la voir sortir de l’imprimante 3D.", "L’impression 3D pas à pas."},
		inPassing: []string{"Une imprimante 3D est à disposition."},
	},
	{
		slug: "wikipedia", theme: "connaissance-libre",
		events:    []string{"Atelier Wikipédia à {commune}", "Wikipartie : le patrimoine de {commune}", "Écrire dans Wikipédia, pour débuter"},
		actors:    []string{"Groupe Wikipédia de {commune}", "Les wikimédiens de {commune}"},
		recipes:   []string{"Animer un atelier Wikipédia", "Préparer un atelier Wikipédia en bibliothèque"},
		about:     []string{"Créer ou compléter l’article d’une commune, avec ses sources.", "Contribuer à l’encyclopédie libre, photos comprises."},
		inPassing: []string{"D’après l’article de Wikipédia sur {commune}."},
	},
	{
		slug: "hackathon", theme: "donnees-ouvertes",
		events:    []string{"Hackathon données ouvertes à {commune}", "Hackathon de la mobilité", "Week-end hackathon, {commune}"},
		actors:    []string{"Collectif Open data {commune}"},
		recipes:   []string{"Monter un hackathon local"},
		about:     []string{"Deux jours pour imaginer des services à partir des données publiques.", "Équipes mêlées, données ouvertes, prototypes."},
		inPassing: []string{"L’idée est née pendant un hackathon à {commune}."},
	},
	{
		slug: "podcast", theme: "medias-documentation",
		events:    []string{"Atelier podcast à {commune}", "Enregistrer un podcast de quartier"},
		actors:    []string{"Radio associative de {commune}", "La Fabrique à podcasts"},
		recipes:   []string{"Produire un podcast de quartier"},
		about:     []string{"Du micro au montage, avec des logiciels libres : un podcast en une journée.", "Podcasts et récits sonores d’habitants."},
		inPassing: []string{"À écouter en podcast."},
	},
	{
		slug: "archives", theme: "histoire-patrimoine",
		events:    []string{"Numérisation d’archives à {commune}", "Numériser les archives et les cartes postales"},
		actors:    []string{"Mémoire et archives de {commune}", "Société d’histoire de {commune}"},
		recipes:   []string{"Numériser les archives d’une commune"},
		about:     []string{"Apportez vos photos et vos papiers : on les numérise et vous repartez avec.", "Archives communales, cadastre et registres à numériser."},
		inPassing: []string{"Des archives de {commune} l’attestent."},
	},
	{
		slug: "vie-privee", theme: "donnees-personnelles",
		events:    []string{"Café vie privée à {commune}", "Chiffrofête : chiffrer ses courriels", "Chiffrofête à {commune}"},
		actors:    []string{"Les Chiffreurs de {commune}"},
		recipes:   []string{"Tenir un café vie privée"},
		about:     []string{"Mots de passe, pistage, chiffrement : apprendre à protéger sa vie privée.", "Reprendre la main sur ses données."},
		inPassing: []string{"Dans le respect de la vie privée."},
	},
	{
		slug: "velo", theme: "mobilite",
		events:    []string{"Atelier vélo à {commune}", "Bourse aux vélos", "Entretenir son vélo"},
		actors:    []string{"Atelier vélo de {commune}", "Les Dérailleurs, atelier vélo participatif"},
		recipes:   []string{"Ouvrir un atelier vélo participatif"},
		about:     []string{"Réparer son vélo soi-même, avec des outils et des conseils.", "Un atelier d’autoréparation de vélos."},
		inPassing: []string{"Parking à vélos devant l’entrée.", "Accessible à vélo depuis {commune}."},
	},
	{
		slug: "jardin", theme: "environnement-biodiversite",
		events:    []string{"Chantier au jardin partagé de {commune}", "Troc de graines au jardin partagé"},
		actors:    []string{"Jardin partagé de {commune}", "Les Jardins partagés du Ruisseau"},
		recipes:   []string{"Créer un jardin partagé"},
		about:     []string{"Des parcelles communes, un compost, des repas : un jardin ouvert au quartier.", "Cultiver ensemble sans pesticide."},
		inPassing: []string{"Les légumes viennent du jardin partagé de {commune}."},
	},
	{
		slug: "recyclerie", theme: "reemploi-materiel",
		events:    []string{"Vente de printemps de la recyclerie de {commune}", "Collecte de la ressourcerie"},
		actors:    []string{"Recyclerie de {commune}", "Ressourcerie de {commune}"},
		recipes:   []string{"Lancer une recyclerie associative"},
		about:     []string{"Collecte, tri, remise en état et vente à petit prix.", "Donner une seconde vie aux objets."},
		inPassing: []string{"Mobilier de la recyclerie de {commune}."},
	},
	{
		slug: "epn", theme: "inclusion-numerique",
		events:    []string{"Permanence numérique à {commune}", "Aide aux démarches en ligne"},
		actors:    []string{"Espace public numérique de {commune}", "EPN de {commune}", "Conseiller numérique de {commune}"},
		recipes:   []string{"Tenir une permanence numérique"},
		about:     []string{"Un conseiller numérique aide à faire ses démarches, sans jugement.", "Ordinateurs et connexion en libre accès, avec quelqu’un pour aider."},
		inPassing: []string{"Inscription possible à l’espace public numérique."},
	},
	{
		slug: "tiers-lieu", theme: "tiers-lieux",
		events:    []string{"Inauguration du tiers-lieu de {commune}", "Café des voisins au tiers-lieu"},
		actors:    []string{"Tiers-lieu de {commune}", "La Grange, tiers-lieu rural", "Le Moulin, tiers-lieu de {commune}"},
		recipes:   []string{"Créer un tiers-lieu rural", "Faire vivre un tiers-lieu"},
		about:     []string{"Bureaux partagés, ateliers et cantine dans une ancienne ferme.", "Un lieu pour travailler, fabriquer et se retrouver."},
		inPassing: []string{"Rendez-vous au tiers-lieu de {commune}."},
	},
	{
		slug: "mediatheque", theme: "culture",
		events:    []string{"Nuit de la lecture à la médiathèque de {commune}", "Heure du conte numérique à la médiathèque"},
		actors:    []string{"Médiathèque de {commune}", "Bibliothèque municipale de {commune}"},
		recipes:   []string{"Prêter des jeux libres en médiathèque"},
		about:     []string{"Livres, jeux, musique et ateliers pour tous les âges.", "Prêt gratuit et salle de travail."},
		inPassing: []string{"En partenariat avec la médiathèque de {commune}.", "À la médiathèque."},
	},
	{
		slug: "amap", theme: "alimentation",
		events:    []string{"Distribution de l’AMAP de {commune}", "Visite de ferme avec l’AMAP"},
		actors:    []string{"AMAP de {commune}", "Les Paniers de {commune}, AMAP"},
		recipes:   []string{"Créer une AMAP"},
		about:     []string{"Des paniers de légumes, en direct de la ferme.", "Un contrat entre mangeurs et paysans."},
		inPassing: []string{"Goûter offert par l’AMAP de {commune}."},
	},
	{
		slug: "accessibilite", theme: "accessibilite-handicap",
		events:    []string{"Formation à l’accessibilité numérique", "Parcours accessible en fauteuil à {commune}"},
		actors:    []string{"Tous dehors {commune}, accessibilité"},
		recipes:   []string{"Relever l’accessibilité des commerces"},
		about:     []string{"Essayer les rues en fauteuil et noter ce qui bloque.", "Des sites web utilisables par tout le monde."},
		inPassing: []string{"Salle accessible en fauteuil.", "Boucle magnétique à l’accueil."},
	},
	{
		slug: "communs", theme: "communs",
		events:    []string{"Assemblée des communs de {commune}", "Festival des communs"},
		actors:    []string{"Assemblée des communs de {commune}", "{commune} en communs"},
		recipes:   []string{"Réunir une assemblée des communs"},
		about:     []string{"Recenser les communs du territoire et décider ensemble de leur entretien.", "Rencontre de celles et ceux qui font vivre des communs."},
		inPassing: []string{"Un commun parmi d’autres à {commune}."},
	},
}

var announcements = []string{
	"Recherche bénévoles à {commune}", "Appel à contributions", "Nouveaux horaires", "Assemblée générale de {commune}", "Prêt de matériel à {commune}", "Bilan de l’année",
}

var practical = []string{
	"Entrée libre et gratuite, sans inscription.", "Ouvert à tous, débutants compris.", "Apportez votre ordinateur si vous en avez un.",
	"Repas partagé à midi.", "Les enfants sont les bienvenus.", "Inscription conseillée, places limitées.",
	"Rendez-vous devant la salle des fêtes de {commune}.", "Arrivée possible par le train, puis dix minutes à pied.", "Animé par des bénévoles.",
	"Un compte rendu sera publié sous licence libre.", "Le matériel est prêté sur place.", "Prix libre, adhésion à l’année.",
}
