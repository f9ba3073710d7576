package embedded

import (
	"context"
	"database/sql"
	"fmt"
	"math"
)

// unsaved is how many documents may come before the lexicon is written to the file
// again, with a fiftieth of all of them: those are analysed again at start, 50 µs each.
const unsaved = 20_000

// saveLexicon writes the lexicon as it is; writers wait, readers do not.
func (c *content) saveLexicon(ctx context.Context) error {
	tx, err := c.file.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // no effect once committed
	if _, err := tx.ExecContext(ctx, "DELETE FROM lexicon"); err != nil {
		return err
	}
	upto := len(c.cols.rows) - 1
	for titles, x := range []*lexicon{c.stems, c.titles} {
		for part := range x.parts() {
			if _, err := tx.ExecContext(ctx, "INSERT INTO lexicon (upto, titles, data) VALUES (?, ?, ?)", upto, titles, part); err != nil {
				return err
			}
		}
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	c.saved = upto
	return nil
}

// loadLexicon reads the lexicon that was saved, and analyses the documents that came
// after it.
func (c *content) loadLexicon(ctx context.Context) error {
	rows, err := c.file.read.QueryContext(ctx, "SELECT upto, titles, data FROM lexicon")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var titles bool
		var part sql.RawBytes
		if err := rows.Scan(&c.saved, &titles, &part); err != nil {
			return err
		}
		x := c.stems
		if titles {
			x = c.titles
		}
		if err := x.read(part, c.saved); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	c.cols.reserve(c.saved)
	return c.loadUnsaved(ctx)
}

func (c *content) loadUnsaved(ctx context.Context) error {
	rows, err := c.file.read.QueryContext(ctx, "SELECT rowid, data FROM body WHERE rowid > ? ORDER BY rowid", c.saved)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var slot uint32
		var data sql.RawBytes
		if err := rows.Scan(&slot, &data); err != nil {
			return err
		}
		doc, err := decode(data)
		if err != nil {
			return fmt.Errorf("document %d: %w", slot, err)
		}
		c.learn(slot, analyse(doc))
	}
	return rows.Err()
}

// learn adds the words of a new slot.
func (c *content) learn(slot uint32, t *text) {
	c.stems.add(slot, t.stems)
	c.titles.add(slot, t.titles)
}

// unsavedMany says that the lexicon is to be written again.
func (c *content) unsavedMany() bool {
	return len(c.cols.rows)-c.saved > unsaved+c.cols.live/50
}

// mostSlots is where slots end.
const mostSlots = math.MaxUint32 >> (fieldBits + 1)

// worn says that so many documents were replaced or forgotten that what they left
// behind weighs as much as what is there, and spare more: slots are never used twice.
func (c *content) worn(spare int) bool {
	slots := len(c.cols.rows)
	return slots > 2*c.cols.live+spare || slots > mostSlots
}
