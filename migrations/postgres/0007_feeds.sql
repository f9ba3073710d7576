-- Sources read again at intervals: agendas, maps and pages of other software.
CREATE TABLE feeds (
    id      text COLLATE "C" PRIMARY KEY,
    owner   text COLLATE "C" NOT NULL, -- IRI of the organisation in whose name it publishes
    created bigint NOT NULL,
    data    text NOT NULL
);
CREATE INDEX feeds_owner ON feeds (owner, created);
