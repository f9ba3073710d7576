package federation

import (
	"context"
	"errors"
	"fmt"

	"github.com/maillage/maillage/federation/as2"
	"github.com/maillage/maillage/instance"
)

// Document writes a thing of ours, by its IRI, as peers read it. ErrNotFound, ErrGone.
func (f *Federation) Document(ctx context.Context, id string) ([]byte, error) {
	kind, _, ours := f.node.URLs().Parse(id)
	if !ours {
		return nil, fmt.Errorf("%s: %w", id, instance.ErrNotFound)
	}
	_, body, err := f.render(ctx, kind, id)
	return body, err
}

// was adds to env how an object of ours was written by another program, when it was.
func (f *Federation) was(ctx context.Context, env *as2.Env, b *instance.Base) error {
	if !b.Local() {
		return nil
	}
	raw, err := f.node.Raw(ctx, b.ID)
	if errors.Is(err, instance.ErrNotFound) || (err == nil && raw == nil) {
		return nil
	}
	if err != nil {
		return err
	}
	if env.Was == nil {
		env.Was = map[string][]byte{}
	}
	env.Was[b.ID] = raw
	return nil
}
