-- Who was asked to organise an event together with its owner, on the node of the event
-- and on theirs. Who does is in the event itself.
CREATE TABLE organisers (
    event   text NOT NULL,
    actor   text NOT NULL, -- who is asked
    offer   text NOT NULL, -- IRI of the activity that asks
    state   text NOT NULL,
    created bigint NOT NULL,
    data    text NOT NULL,
    PRIMARY KEY (event, actor)
);
CREATE UNIQUE INDEX organisers_offer ON organisers (offer);
CREATE INDEX organisers_actor ON organisers (actor, state, created);
CREATE INDEX organisers_state ON organisers (state, created);
